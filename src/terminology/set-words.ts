import type { CodeSetInput } from './code-set.ts';
import { beginnings } from './word-beginnings.ts';

/** What a set is called where no code names it. */
export interface WordsOfSet {
  /** the number of the set */
  readonly set: number;
  readonly means: (name: string) => boolean;
  /** the first of its words that stands in a name */
  readonly wordIn: (name: string) => string | undefined;
}

/** Names are short; what comes later in a long text is not read. */
const LONGEST_NAME = 500;

/** What reads the names of an EHR for a set; undefined of one that has no words. @param set its number */
export function wordsOfSet(set: number, input: CodeSetInput): WordsOfSet | undefined {
  const words = input['in-words'];
  if (words.length === 0) return undefined;
  const names = beginnings(words);
  const not = beginnings(input['not-in-words']);
  const denied = denials(input['denied-by'], words);
  const means = (name: string): boolean => {
    const read = plainWords(name).replace(denied, ' ');
    return names.test(read) && !not.test(read);
  };
  const wordIn = (name: string): string | undefined => {
    const read = plainWords(name);
    return words.find((word) => beginnings([word]).test(read));
  };
  return { set, means, wordIn };
}

/** What is denied in a name, with the word that denies it: what stands beside it ("no trauma, fell from a ladder") may affirm. */
function denials(by: readonly string[], words: readonly string[]): RegExp {
  if (by.length === 0) return /$^/;
  const word = `(?:${words.map((w) => w.trimEnd()).join('|')})[a-z]*`;
  // the longest first: "no cord" stands before compression, before it denies the cord
  const denying = by.toSorted((a, b) => b.length - a.length);
  return new RegExp(`\\b(?:${denying.join('|')}) ${word}(?: n?or ${word})*`, 'gi');
}

/** The letters of a name, a space behind each word, behind the last one too: some of our words are whole ones ("ms "). */
const plainWords = (name: string): string =>
  `${name
    .slice(0, LONGEST_NAME)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z]+/gi, ' ')} `;
