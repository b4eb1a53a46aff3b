/** What a terminal obeys instead of showing it: control characters (but tab and end of line), and marks that turn the direction. */
const OBEYED = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text as it may be printed: charts, file names and answers of servers can hold commands to the terminal. */
export const printable = (text: string): string =>
  text.replace(OBEYED, (mark) => (mark === '\n' || mark === '\t' ? mark : '\uFFFD'));
