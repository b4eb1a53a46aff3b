import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { CHUNK, chunksOf, LineBlocks, NEWLINE } from './line-blocks.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** What is read of a line at most. */
export const LONGEST_LINE = 64 << 20;

/** A reader of the lines of a file. */
export interface LineReader {
  /** given each block, which is valid during the call; `unended`: the last line, which no line break ends */
  readonly onBlock: (block: Buffer, unended: boolean) => void;
  /** given the beginning of each line that is longer than is read */
  readonly onLong?: (start: Buffer) => void;
  /** told of the bytes read from disk */
  readonly onRead?: (bytes: number) => void;
}

function isGzip(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(GZIP.length);
    readSync(handle, start);
    return start.equals(GZIP);
  } finally {
    closeSync(handle);
  }
}

/** Inflates a file, a chunk at a time. */
async function* inflatedChunksOf(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const feed = (async () => {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
      onRead(chunk.length);
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })();
  feed.catch((error: Error) => gunzip.destroy(error));
  yield* gunzip as AsyncIterable<Buffer>;
  await feed;
}

function* plainChunksOf(file: string, onRead: (bytes: number) => void): Generator<Buffer> {
  for (const chunk of chunksOf(file)) {
    onRead(chunk.length);
    yield chunk;
  }
}

/**
 * Reads an NDJSON file, plain or gzipped (told by its content), in blocks of whole lines, with bounded memory. Lines that are longer
 * than `longest` are passed over.
 * @throws the file's error when it cannot be read or inflated, RangeError when it ends within a line that is too long
 */
export async function readNdjson(
  file: string,
  { onBlock, onLong, onRead = () => {} }: LineReader,
  longest = LONGEST_LINE,
): Promise<void> {
  const blocks = new LineBlocks(CHUNK);
  let begun = false;
  let isTooLong = false;
  for await (const chunk of isGzip(file) ? inflatedChunksOf(file, onRead) : plainChunksOf(file, onRead)) {
    let rest = begun ? chunk : withoutMark(chunk);
    begun = true;
    if (isTooLong) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) continue;
      isTooLong = false;
      rest = rest.subarray(end + 1);
    }
    const block = blocks.add(rest);
    if (block !== undefined) onBlock(block, false);
    if (blocks.pendingBytes > longest) {
      isTooLong = true;
      onLong?.(blocks.dropPending(CHUNK));
    }
  }
  if (isTooLong) throw new RangeError('the file breaks off in a line that is too long');
  const rest = blocks.rest();
  if (rest.length > 0) onBlock(rest, true);
}

/** Some writers begin a file with the mark of its encoding. */
const withoutMark = (start: Buffer): Buffer =>
  start.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? start.subarray(BYTE_ORDER_MARK.length) : start;
