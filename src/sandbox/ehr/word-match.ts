/** Something that is found by its code or by words. */
export interface Findable {
  readonly row: { readonly code: string; readonly label: string };
  /** what is searched: the label and other words for it */
  readonly words: string;
  /** smaller ones come first among equals */
  readonly rank: number;
}

const folded = (words: string): string => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
/** "c-spine" is one word. */
const wordsOf = (words: string): readonly string[] =>
  folded(words)
    .replace(/\b([ctl])[- ]spine\b/g, '$1spine')
    .split(/[^a-z0-9.]+/)
    .filter(Boolean);

/** Codes are typed with and without their dot. */
const bare = (code: string): string => code.toLowerCase().replaceAll('.', '');

/** How well it fits: 0 the code itself, 1 the beginning of a code, 2 all words begin so, 3 all words are inside; else none. */
function closeness(found: Findable, asked: string, wanted: readonly string[]): number | undefined {
  const code = bare(found.row.code);
  if (code === bare(asked)) return 0;
  if (/\d/.test(asked) && code.startsWith(bare(asked))) return 1;
  const own = wordsOf(found.words);
  if (wanted.every((w) => own.some((o) => o.startsWith(w)))) return 2;
  const all = folded(found.words);
  return wanted.every((w) => all.includes(w)) ? 3 : undefined;
}

/** The things that fit best, best first. @param asked a code, the beginning of one, or words in any order */
export function bestMatches<T extends Findable>(things: readonly T[], asked: string, most: number): readonly T[] {
  const trimmed = asked.trim();
  const wanted = wordsOf(trimmed);
  if (wanted.length === 0) return [];
  return things
    .flatMap((thing) => {
      const how = closeness(thing, trimmed, wanted);
      return how === undefined ? [] : [{ thing, how }];
    })
    .sort((a, b) => a.how - b.how || a.thing.rank - b.thing.rank || a.thing.row.label.length - b.thing.row.label.length)
    .slice(0, most)
    .map((m) => m.thing);
}
