import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Config, ConfigError } from './config.ts';

/** How every SQLite file begins (SQLite file format, section 1.3). */
const SQLITE = 'SQLite format 3\0';

/**
 * Looks whether decisions can be kept where the settings say: a path that can never work is told at the start, not by records
 * that are lost later. A file that is only locked or a disk that is only full may work again.
 * @throws ConfigError
 */
export function checkStoreFile({ DATABASE_URL, DECISIONS }: Pick<Config, 'DATABASE_URL' | 'DECISIONS'>): void {
  if (DATABASE_URL !== undefined || DECISIONS === 'off' || DECISIONS === ':memory:') return;
  if (!isSqlite(DECISIONS)) throw new ConfigError(`DECISIONS: ${DECISIONS} is not an SQLite file`);
}

/** Opens the file to read and to append, as the store will; an empty one becomes a store. @throws ConfigError */
function isSqlite(file: string): boolean {
  let handle: number | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    handle = openSync(file, 'a+');
    const start = Buffer.alloc(SQLITE.length);
    const length = readSync(handle, start, { position: 0 });
    return length === 0 || start.toString('latin1') === SQLITE;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DECISIONS: ${file} cannot be written (${code ?? message})`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
