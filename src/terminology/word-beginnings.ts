import * as z from 'zod';

/** Words in a file, by their beginnings: "stimulat" stands for stimulator and stimulation. */
export const WORDS = z.array(z.string().regex(/^[a-z][a-z ]*$/, 'lower-case words'));

/** Matches a text in which one of the words begins; none of no words. @param flags beside `i`, as of RegExp */
export const beginnings = (words: readonly string[], flags = ''): RegExp =>
  words.length === 0 ? /$^/ : new RegExp(`\\b(${words.join('|')})`, `i${flags}`);
