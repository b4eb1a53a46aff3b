import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../server/config.ts';
import { readKeyFolder } from '../smart/client-keys.ts';
import { type Command, UsageError } from './command.ts';
import { readArgs } from './read-args.ts';

const ALGORITHMS: Readonly<Record<string, () => KeyObject>> = {
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  RS384: () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
};
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const newKey: Command = {
  usage: 'keys new [--algorithm ES384|RS384] [--from YYYY-MM-DD]',
  help: `Writes a private key into SMART_CONFIG/keys, readable by its owner alone. The service publishes the public part at /smart/jwks.json
from its next start, and signs with the key from the date in the file's name.

  --algorithm A        ES384 (default) or RS384
  --from YYYY-MM-DD    the first day on which it signs (UTC); default: today. To rotate, give a day by which every EHR has read the
                       new key set, and remove the old file some days later.`,
  examples: [
    ['keys new', 'a key that signs from today on'],
    ['keys new --from 2026-12-01', 'the next key, when EHRs have had time to read it'],
  ],
  run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: { algorithm: { type: 'string', default: 'ES384' }, from: { type: 'string' } },
    });
    const make = Object.hasOwn(ALGORITHMS, values.algorithm) ? ALGORITHMS[values.algorithm] : undefined;
    if (make === undefined) throw new UsageError('--algorithm: expected ES384 or RS384');
    const from = values.from ?? new Date().toISOString().slice(0, 10);
    if (!DATE.test(from) || Number.isNaN(Date.parse(from))) throw new UsageError('--from: expected YYYY-MM-DD');
    const folder = join(readConfig(process.env).SMART_CONFIG, 'keys');
    const file = join(folder, `${from}-${values.algorithm.toLowerCase()}.json`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, `${JSON.stringify(make().export({ format: 'jwk' }), null, 2)}\n`, {
        mode: 0o600,
        flag: 'wx',
      });
    } catch {
      throw new UsageError(`${file}: is there already, or cannot be written`);
    }
    const key = readKeyFolder(folder).find((k) => k.from === Date.parse(from) && k.algorithm === values.algorithm);
    out(`${file}`);
    out(`kid ${key?.kid ?? ''}, ${values.algorithm}, signs from ${from}`);
    return 0;
  },
};
