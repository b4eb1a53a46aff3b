import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The fiscal year whose tables are listed. Later years add rows; what is listed stays but for single values. */
export const ICD10PCS_YEAR = 2020;

const ALTERNATIVES = /\[([^\]]+)\]/;

/**
 * The codes or families of ICD-10-PCS that an item stands for: brackets hold the values of one axis, as the tables of ICD-10-PCS do:
 * "027[01]34Z" is 027034Z and 027134Z.
 */
export function icd10pcsFamilies(item: string): readonly string[] {
  const match = ALTERNATIVES.exec(item);
  if (match === null) return [item];
  const [whole, values = ''] = match;
  const before = item.slice(0, match.index);
  const after = icd10pcsFamilies(item.slice(match.index + whole.length));
  return [...values].flatMap((value) => after.map((rest) => before + value + rest));
}

/**
 * Tells which codes and families of ICD-10-PCS there are, by its tables, which the CMS publishes (a work of the US government, in the
 * public domain; see NOTICE). A line of the file: the three characters of a table, then the values of each further axis in one row.
 */
export class Icd10pcsTables {
  readonly #rows: readonly (readonly string[])[];

  constructor() {
    const lines = gunzipSync(readFileSync(join(import.meta.dirname, `icd10pcs-${ICD10PCS_YEAR}.txt.gz`)))
      .toString()
      .split('\n');
    this.#rows = lines.map((line) => {
      const [table = '', ...axes] = line.split(' ');
      return [...table, ...axes];
    });
  }

  /** Is there such a code, or a code that begins so? */
  has(family: string): boolean {
    return this.#rows.some((row) => [...family].every((value, i) => row[i]?.includes(value)));
  }
}
