/** How many letters have to be put in, left out, exchanged or swapped with their neighbour to make one word of another. */
function distance(a: string, b: string): number {
  let above: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
          ...(swapped ? [(above[j - 2] ?? 0) + 1] : []),
        ),
      );
    }
    [above, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** A third of a name may be misspelt. */
const NEAR = 1 / 3;

/** The names that somebody may have meant, nearest first: those that hold what was written, and those that are spelt almost so. */
export function nearestNames(written: string, names: Iterable<string>, most = 6): readonly string[] {
  const wanted = written.toLowerCase();
  return [...new Set(names)]
    .map((name) => {
      const low = name.toLowerCase();
      const off = distance(wanted, low);
      const holds = wanted.length > 1 && low.includes(wanted);
      return {
        name,
        off: holds ? Math.min(off, low.startsWith(wanted) ? 0 : 1) : off,
        near: holds || off <= Math.max(1, low.length * NEAR),
      };
    })
    .filter(({ near }) => near)
    .sort((a, b) => a.off - b.off || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name);
}

/** What was meant, in words: the nearest of many names, or all of a few. */
export function meant(written: string, names: Iterable<string>): string {
  const all = [...new Set(names)];
  const near = nearestNames(written, all);
  if (near.length > 0) return `near it: ${near.join(', ')}`;
  return all.length <= 12
    ? `there are ${all.join(', ')}`
    : `there are ${all.length} others, e.g. ${all.slice(0, 6).join(', ')}`;
}

const FEW = 3;

/** The nearest names behind a remark that there is no such name, e.g. "; near it: fever"; empty when none is near. */
export function nearText(written: string, names: Iterable<string>): string {
  const near = nearestNames(written, names, FEW);
  return near.length === 0 ? '' : `; near it: ${near.join(', ')}`;
}
