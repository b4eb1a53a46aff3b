import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** The payer's identifier on the coverages of these tests. */
export const PAYER = { system: 'https://naic.example.org', value: '95540' } as const;

const EVERY_STUDY = [{ need: 'auth-needed', reason: 'list of 2026-01-01' }];

/** Settings of payer mode. */
export const crdSettings = (
  changes: Readonly<Record<string, unknown>> = {},
  payers: readonly unknown[] = [],
): unknown => ({
  payers: [
    {
      payer: 'kaiser-wa',
      label: 'Kaiser Permanente Washington',
      identifiers: [PAYER],
      benefits: [{ covered: 'covered', reason: 'diagnostic imaging is a benefit of every plan' }],
      'prior-authorization': EVERY_STUDY,
      ...changes,
    },
    ...payers,
  ],
});

/** The settings as a file. */
export function crdFile(settings: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), 'crd-')), 'crd.yaml');
  writeFileSync(file, stringify(settings));
  return file;
}
