import { wordsOf } from './concept-words.ts';
import type { Json } from './json.ts';
import type { ObservedValue } from './records.ts';

/** A number and nothing else, as flowsheets send scores and laboratories results: "7", "7/10", "< 5". */
const NUMBER = /^(<=|>=|<|>)? ?(\d{1,6}(?:\.\d{1,6})?) ?(\/ ?10|%)?$/;

/** The number that a value in words is; none where there are other words beside it. */
export function numberInWords(words: string | undefined): ObservedValue | undefined {
  const match = words === undefined ? null : NUMBER.exec(words.trim());
  if (match === null) return undefined;
  const [, comparator, digits, unit = ''] = match;
  return {
    kind: 'number',
    value: Number(digits),
    unit: unit.replace(' ', ''),
    ...(comparator !== undefined && { comparator: comparator as '<' | '<=' | '>=' | '>' }),
  };
}

/** What a concept is called, where all of its names are the same. */
export function soleWord(concept: Json | undefined): string | undefined {
  const [words, ...others] = new Set(wordsOf(concept));
  return others.length === 0 ? words : undefined;
}
