import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A copy of the policies in which one file is changed. @returns the folder; the caller removes it */
function changedPolicies(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  cpSync(resolve(import.meta.dirname, '../../policies'), folder, { recursive: true });
  const before = readFileSync(join(folder, file), 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`nothing changed in ${file}`);
  writeFileSync(join(folder, file), after);
  return folder;
}

const KAISER_LUMBAR = 'kaiser-wa/lumbar-mri/2020-09-01.yaml';

/** The Kaiser lumbar policy under another title: another text, whose outcomes are the same. */
export const retitledPolicies = (): string =>
  changedPolicies(KAISER_LUMBAR, (text) => text.replace(/^title: .*/m, 'title: Lumbar MRI'));

/** The Kaiser lumbar policy as if it wanted a confirmed cauda equina syndrome, which the story's chart only suspects. */
export const strictPolicies = (): string =>
  changedPolicies(KAISER_LUMBAR, (text) =>
    text.replace('- suspected cauda-equina-syndrome', '- cauda-equina-syndrome'),
  );
