import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const NEWLINE = 0x0a;
const CHUNK = 1 << 20;

/** The lines of a file, one at a time: a part may be larger than the longest text that there can be. */
export function* linesOf(file: string, chunkBytes = CHUNK): Generator<string> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let pending: Buffer[] = [];
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < read; end = chunk.indexOf(NEWLINE, from)) {
        yield Buffer.concat([...pending, chunk.subarray(from, end)]).toString('utf8');
        pending = [];
        from = end + 1;
      }
      // a copy: the chunk's memory is used again
      if (from < read) pending.push(Buffer.from(chunk.subarray(from, read)));
    }
    if (pending.length > 0) yield Buffer.concat(pending).toString('utf8');
  } finally {
    closeSync(handle);
  }
}

/** Every line of the parts of a partition, with where it came from ("file:line", the file by its number). */
export function* partLines(
  folder: string,
  partition: number | 'shared',
): Generator<{ readonly origin: string; readonly line: string }> {
  for (const name of readdirSync(folder).filter((f) => f.startsWith(`${partition}.`))) {
    for (const whole of linesOf(join(folder, name))) {
      const tab = whole.indexOf('\t');
      if (tab > 0) yield { origin: whole.slice(0, tab), line: whole.slice(tab + 1) };
    }
  }
}
