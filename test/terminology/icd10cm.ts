import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The billable codes of ICD-10-CM, fiscal year 2026, without the dot, as the CDC's National Center for Health Statistics and
 * the CMS publish them (a work of the US government, in the public domain; see NOTICE). In the file each code is written as the
 * number of characters that it shares with the code before, and the rest.
 */
export function icd10cmCodes(): readonly string[] {
  const lines = gunzipSync(readFileSync(join(import.meta.dirname, 'icd10cm-2026.txt.gz')))
    .toString()
    .split('\n');
  const codes: string[] = [];
  let before = '';
  for (const line of lines) {
    before = before.slice(0, Number(line.charAt(0))) + line.slice(1);
    codes.push(before);
  }
  return codes;
}

/** Every code and every family of codes, without the dot. */
export function icd10cmFamilies(): ReadonlySet<string> {
  const families = new Set<string>();
  for (const code of icd10cmCodes()) for (let n = 1; n <= code.length; n++) families.add(code.slice(0, n));
  return families;
}
