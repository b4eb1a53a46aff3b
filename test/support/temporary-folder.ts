import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives all tests one folder for what they write, and removes it after the last of them, whatever they left there. */
export default function temporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'payer-policy-cds-'));
  // a PostgreSQL server that root starts runs as another user, who has to come through
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
