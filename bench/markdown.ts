/** A column: its heading, and how a row is said in it. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => string];

/** A table in Markdown; the first column is text, the others are numbers. */
export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([heading]) => heading)),
    `|${columns.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}

/** Says on the error output what is going on, so that standard output is the tables alone. */
export const progress = (what: string): void => console.error(what);
