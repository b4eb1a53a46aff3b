import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { deserialize, serialize } from 'node:v8';

const FOLDER = resolve(import.meta.dirname, '../node_modules/.cache/derived');

/** What is kept of a text: the values in a YAML file, where they stand, the browser's form of a script. */
export type Kept = 'values' | 'positions' | 'script';
/** Shorter texts are derived sooner than they are found. */
const LEAST_LENGTH: Readonly<Record<Kept, number>> = { values: 4_000, positions: 4_000, script: 0 };

/** The kept values depend on the text, on the parser that read it, and on the Node that derived them and wrote them down. */
const { version } = createRequire(import.meta.url)('yaml/package.json') as { version: string };
const nameOf = (what: Kept, text: string): string =>
  hash('sha256', `${what}, yaml ${version}, node ${process.versions.node}\n${text}`);

/**
 * What is derived from a text, once, and kept on disk beside the compiled code: parsing the policies takes half a second of each
 * start, looking up what they said some milliseconds; what strips types off scripts takes 17 MB of memory. It is found by the text
 * itself, so a changed file is derived anew. A folder that cannot be read or written, or a damaged file in it, only costs time.
 * @throws what `derive` throws; nothing is kept then
 */
export function derivedOnce(what: Kept, text: string, derive: () => unknown, folder = FOLDER): unknown {
  if (text.length < LEAST_LENGTH[what]) return derive();
  const file = join(folder, nameOf(what, text));
  try {
    return deserialize(readFileSync(file));
  } catch {
    // not there yet, or damaged
  }
  const value = derive();
  try {
    mkdirSync(folder, { recursive: true });
    // Other processes may be starting: they see the whole file or none.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, serialize(value), { mode: 0o600 });
    renameSync(own, file);
  } catch {
    // read-only, or full
  }
  return value;
}
