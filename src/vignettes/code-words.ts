import type { System } from '../terminology/systems.ts';

/** What vignettes call code systems. */
export const CODE_WORDS: Readonly<Record<string, System>> = {
  icd: 'icd10cm',
  icdo: 'icdo3',
  pcs: 'icd10pcs',
  snomed: 'snomed',
  cpt: 'cpt',
  loinc: 'loinc',
  rxnorm: 'rxnorm',
  nucc: 'nucc',
  mrsafety: 'mrsafety',
};
