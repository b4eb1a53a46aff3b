import { resolve } from 'node:path';
import { canonicalUrls } from '../../src/chart/readers/answer.ts';
import { loadKnowledge } from '../../src/criteria-check/knowledge.ts';
import type { Checker } from '../../src/criteria-check/order-check.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
export const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';

let loaded: Checker | undefined;

/** The knowledge of `policies/`, loaded once a test file. */
export function checker(): Checker {
  loaded ??= { knowledge: loadKnowledge(`${ROOT}/policies`), canonical: canonicalUrls(CANONICAL_BASE) };
  return loaded;
}
