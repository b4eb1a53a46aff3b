import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cds-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A FHIR resource; its subject is the patient "p1". */
export type BundledResource = Readonly<Record<string, unknown>> & { readonly resourceType: string };

/** Writes a chart as a FHIR Bundle. @returns the name of the file */
export function writeBundle(resources: readonly BundledResource[], folder = temporaryFolder()): string {
  const patient = { resourceType: 'Patient', id: 'p1', birthDate: '1970-05-05', gender: 'female' };
  const subject = { reference: 'Patient/p1' };
  const own = resources.map((r, i) => ({ id: `r${i + 1}`, subject, ...r }));
  const file = join(folder, 'chart.json');
  writeFileSync(
    file,
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [patient, ...own].map((resource) => ({ resource })),
    }),
  );
  return file;
}
