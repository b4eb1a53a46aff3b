/** Words on lines of at most so many characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const NARROWEST = 40;

/**
 * A table with columns of the width of their longest cell.
 * @param width characters of a line: the last column goes on in the next line; without it, the column is as long as it is
 */
export function table(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): readonly string[] {
  const rows = cells.map((row) => row.map((cell) => cell.replace(/[\r\n\t]+/g, ' ')));
  const widest = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const last = head.length - 1;
  const left = widest.slice(0, last).reduce((sum, w) => sum + w + 2, 0);
  const widths = widest.map((w, i) => (i === last ? Math.min(w, Math.max(NARROWEST, width - left)) : w));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === last ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const lines = (row: readonly string[]): readonly string[] =>
    wrapped(row[last] ?? '', widths[last] ?? 0).map((part, i) =>
      line([...row.slice(0, last).map((cell) => (i === 0 ? cell : '')), part]),
    );
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...rows.flatMap(lines)];
}
