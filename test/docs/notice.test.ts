import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { System } from '../../src/terminology/systems.ts';
import { ROOT } from '../support/knowledge.ts';

/** What the notice calls each code system that policies and tests use. */
const NAMED: Readonly<Record<System | 'hcpcs' | 'ucum' | 'sopt' | 'cvx' | 'hl7', string>> = {
  icd10cm: 'ICD-10-CM',
  icd10pcs: 'ICD-10-PCS',
  snomed: 'SNOMED CT',
  cpt: 'CPT',
  hcpcs: 'HCPCS Level II',
  loinc: 'LOINC',
  icdo3: 'ICD-O-3',
  rxnorm: 'RxNorm',
  nucc: 'NUCC Health Care Provider Taxonomy',
  mrsafety: 'NCI Thesaurus',
  ucum: 'UCUM',
  sopt: 'Source of Payment Typology',
  cvx: 'CVX',
  hl7: 'HL7 and FHIR',
};

it.each(Object.values(NAMED))('NOTICE says whose %s is', (name) => {
  const notice = readFileSync(join(ROOT, 'NOTICE'), 'utf8');
  expect(notice).toMatch(new RegExp(`^${name}\\n  \\S`, 'm'));
});
