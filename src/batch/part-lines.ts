import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHUNK, chunksOf, LineBlocks, linesIn } from './line-blocks.ts';

/** The lines of a file, one at a time: a part may be larger than the longest text that there can be. */
export function* linesOf(file: string, chunkBytes = CHUNK): Generator<string> {
  const blocks = new LineBlocks(chunkBytes);
  for (const chunk of chunksOf(file, chunkBytes)) {
    const block = blocks.add(chunk);
    if (block !== undefined) yield* linesIn(block);
  }
  yield* linesIn(blocks.rest());
}

/** Every line of the parts of a partition. */
export function* partLines(folder: string, partition: number | 'shared'): Generator<string> {
  for (const name of readdirSync(folder).filter((f) => f.startsWith(`${partition}.`)))
    yield* linesOf(join(folder, name));
}
