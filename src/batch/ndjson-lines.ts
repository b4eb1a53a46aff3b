import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const NEWLINE = 0x0a;
const GZIP = [0x1f, 0x8b] as const;
const CHUNK = 1 << 20;
/** A line longer than this is no resource. */
const LONGEST = 64 << 20;

/** A line of a file, with its number from 1. The buffer is valid until the next line is asked for. */
export interface Line {
  readonly number: number;
  readonly bytes: Buffer;
  /** the file ends in it: no line break follows */
  readonly unended: boolean;
}

async function* chunksOf(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const raw = createReadStream(file, { highWaterMark: CHUNK });
  raw.on('data', (chunk) => onRead(chunk.length));
  let first: Buffer | undefined;
  const iterator = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const start = await iterator.next();
  if (start.done === true) return;
  first = start.value;
  async function* rest(): AsyncGenerator<Buffer> {
    if (first !== undefined) yield first;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  if (first[0] !== GZIP[0] || first[1] !== GZIP[1]) {
    yield* rest();
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const feed = (async () => {
    for await (const chunk of rest())
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    gunzip.end();
  })();
  feed.catch((error: Error) => gunzip.destroy(error));
  yield* gunzip as AsyncIterable<Buffer>;
  await feed;
}

/**
 * The lines of an NDJSON file, plain or gzipped (told by its content), as a stream with bounded memory. Blank lines are left out.
 * @param onRead told of the bytes read from disk
 * @throws the file's error when it cannot be read or inflated, RangeError for a line without end
 */
export async function* ndjsonLines(file: string, onRead: (bytes: number) => void = () => {}): AsyncGenerator<Line> {
  let number = 0;
  let pending: Buffer[] = [];
  let length = 0;
  const whole = (last: Buffer): Buffer => {
    if (pending.length === 0) return last;
    const joined = Buffer.concat([...pending, last]);
    pending = [];
    length = 0;
    return joined;
  };
  for await (const chunk of chunksOf(file, onRead)) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      number++;
      const bytes = whole(chunk.subarray(from, end));
      from = end + 1;
      if (bytes.length > 1 || (bytes.length === 1 && bytes[0] !== 0x0d)) yield { number, bytes, unended: false };
    }
    if (from < chunk.length) {
      // a copy: the chunk's memory may be used again
      pending.push(Buffer.from(chunk.subarray(from)));
      length += chunk.length - from;
      if (length > LONGEST) throw new RangeError(`line ${number + 1} has no end`);
    }
  }
  if (pending.length > 0) yield { number: number + 1, bytes: whole(Buffer.alloc(0)), unended: true };
}
