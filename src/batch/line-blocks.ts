import { closeSync, openSync, readSync } from 'node:fs';

export const NEWLINE = 0x0a;
/** Bytes that are read at a time. */
export const CHUNK = 1 << 16;

/** Puts whole lines together from chunks. A block of them is valid until the next chunk is added. */
export class LineBlocks {
  readonly #chunkBytes: number;
  #buffer: Buffer;
  #from = 0;
  #to = 0;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.#buffer = Buffer.allocUnsafeSlow(2 * chunkBytes);
  }

  /** Bytes of a line that has not ended. */
  get pendingBytes(): number {
    return this.#to - this.#from;
  }

  /** The lines that are whole now, with their line breaks; undefined when none is. */
  add(chunk: Buffer): Buffer | undefined {
    if (this.#to + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    chunk.copy(this.#buffer, this.#to);
    const end = chunk.lastIndexOf(NEWLINE);
    const block = end < 0 ? undefined : this.#buffer.subarray(this.#from, this.#to + end + 1);
    if (block !== undefined) this.#from += block.length;
    this.#to += chunk.length;
    return block;
  }

  /** What follows the last line break. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Gives up the line that has not ended. @returns its first bytes */
  dropPending(bytes: number): Buffer {
    const start = Buffer.from(this.rest().subarray(0, bytes));
    this.#buffer = Buffer.allocUnsafeSlow(2 * this.#chunkBytes);
    this.#from = 0;
    this.#to = 0;
    return start;
  }

  #makeRoom(bytes: number): void {
    const pending = this.rest();
    const needed = pending.length + bytes;
    const larger = needed > this.#buffer.length ? Buffer.allocUnsafeSlow(2 * needed) : this.#buffer;
    pending.copy(larger);
    this.#buffer = larger;
    this.#from = 0;
    this.#to = pending.length;
  }
}

/**
 * A file as chunks that are valid until the next one is asked for: one buffer for all, as a new one each keeps the collector busy.
 * @throws the file's error when it cannot be read
 */
export function* chunksOf(file: string, chunkBytes = CHUNK): Generator<Buffer> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) yield chunk.subarray(0, read);
  } finally {
    closeSync(handle);
  }
}

/** The lines of a block. They are decoded together: one at a time costs twice as much. */
export function* linesIn(block: Buffer): Generator<string> {
  const text = block.toString();
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    yield text.slice(from, end);
    from = end + 1;
  }
  if (from < text.length) yield text.slice(from);
}
