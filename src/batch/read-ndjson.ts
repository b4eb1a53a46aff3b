import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { CHUNK, chunksOf, LineBlocks } from './line-blocks.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
/** A line longer than this is no resource. */
const LONGEST = 64 << 20;

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
 * Reads an NDJSON file, plain or gzipped (told by its content), in blocks of whole lines, with bounded memory.
 * @param onBlock given each block, which is valid during the call; `unended`: the last line, which no line break ends
 * @param onRead told of the bytes read from disk
 * @throws the file's error when it cannot be read or inflated, RangeError for a line without end
 */
export async function readNdjson(
  file: string,
  onBlock: (block: Buffer, unended: boolean) => void,
  onRead: (bytes: number) => void = () => {},
): Promise<void> {
  const blocks = new LineBlocks(CHUNK);
  for await (const chunk of isGzip(file) ? inflatedChunksOf(file, onRead) : plainChunksOf(file, onRead)) {
    const block = blocks.add(chunk);
    if (block !== undefined) onBlock(block, false);
    if (blocks.pendingBytes > LONGEST) throw new RangeError('a line has no end');
  }
  const rest = blocks.rest();
  if (rest.length > 0) onBlock(rest, true);
}
