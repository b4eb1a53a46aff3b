import { codeProblem } from './code-shape.ts';
import { ICD10CM_YEAR, Icd10cmList } from './icd10cm.ts';
import { ICD10PCS_YEAR, Icd10pcsTables, icd10pcsFamilies } from './icd10pcs.ts';
import type { System } from './systems.ts';

/** Tells what is wrong with codes by themselves: with their form, and whether those of ICD-10-CM and ICD-10-PCS exist. */
export class KnownCodes {
  readonly #icd10cm = new Icd10cmList();
  readonly #icd10pcs = new Icd10pcsTables();

  /** What is wrong with a code or family; undefined when nothing is. @param byRegion a region digit is to follow */
  problem(system: System, code: string, byRegion = false): string | undefined {
    const form = codeProblem(system, code);
    if (form !== undefined) return form;
    if (system === 'icd10pcs') {
      const none = icd10pcsFamilies(code).find((family) => !this.#icd10pcs.has(family));
      return none && `${none} is no code or family of ICD-10-PCS (fiscal year ${ICD10PCS_YEAR})`;
    }
    if (system !== 'icd10cm') return undefined;
    if (!this.#icd10cm.has(code)) return `${code} is no code or family of ICD-10-CM (fiscal year ${ICD10CM_YEAR})`;
    if (!byRegion || this.#icd10cm.hasWithDigit(code)) return undefined;
    return `no code of ICD-10-CM (fiscal year ${ICD10CM_YEAR}) has a region digit after ${code}`;
  }
}
