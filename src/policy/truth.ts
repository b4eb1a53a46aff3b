/**
 * Kleene's three values. They are strings on purpose: none of them is falsy, so a truth can never be used as a boolean by
 * accident; compare with `===`.
 */
export type Truth = 'true' | 'false' | 'unknown';

/** Kleene negation: unknown stays unknown. */
export const not = (t: Truth): Truth => (t === 'true' ? 'false' : t === 'false' ? 'true' : 'unknown');

/** Kleene conjunction; true for no operands. */
export function all(truths: Iterable<Truth>): Truth {
  let result: Truth = 'true';
  for (const t of truths) {
    if (t === 'false') return 'false';
    if (t === 'unknown') result = 'unknown';
  }
  return result;
}

/** Kleene disjunction; false for no operands. */
export function any(truths: Iterable<Truth>): Truth {
  let result: Truth = 'false';
  for (const t of truths) {
    if (t === 'true') return 'true';
    if (t === 'unknown') result = 'unknown';
  }
  return result;
}

/** True when at least `n` operands are true, false when that can no longer happen, else unknown. */
export function atLeast(n: number, truths: Iterable<Truth>): Truth {
  let yes = 0;
  let open = 0;
  for (const t of truths) {
    if (t === 'true') yes++;
    else if (t === 'unknown') open++;
  }
  if (yes >= n) return 'true';
  return yes + open >= n ? 'unknown' : 'false';
}

/** From a definite comparison at both ends of an interval: true or false when both ends agree, else unknown. */
export const fromBounds = (atLo: boolean, atHi: boolean): Truth =>
  atLo === atHi ? (atLo ? 'true' : 'false') : 'unknown';
