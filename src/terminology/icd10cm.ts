import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The fiscal year whose codes are listed. */
export const ICD10CM_YEAR = 2026;

/**
 * The billable codes of ICD-10-CM without the dot, as the CDC's National Center for Health Statistics and the CMS publish them
 * (a work of the US government, in the public domain; see NOTICE). In the file each code is written as the number of characters
 * that it shares with the code before, and the rest.
 */
export function icd10cmCodes(): readonly string[] {
  const lines = gunzipSync(readFileSync(join(import.meta.dirname, `icd10cm-${ICD10CM_YEAR}.txt.gz`)))
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

/** Tells which codes and families of ICD-10-CM there are. Reads the list once, which takes some hundredths of a second. */
export class Icd10cmList {
  readonly #families = new Set<string>();

  constructor() {
    for (const code of icd10cmCodes()) for (let n = code.length; n > 0; n--) this.#families.add(code.slice(0, n));
  }

  /** Is there such a code, or a code that begins so? @param code with its dot */
  has(code: string): boolean {
    return this.#families.has(code.replace('.', ''));
  }

  /** Is there a code in which a digit, as that of the region, follows a family? @param family with its dot, if it has come to it */
  hasWithDigit(family: string): boolean {
    return [...'0123456789'].some((digit) => this.has(family + digit));
  }
}
