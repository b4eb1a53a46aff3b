import type { Checker } from '../../src/criteria-check/order-check.ts';
import type { PrefetchKeys } from '../bodies.ts';
import type { SigningEhr } from '../signed-calls.ts';
import type { Case } from './cases.ts';
import type { FaultyFhir } from './faulty-fhir.ts';
import type { Findings } from './findings.ts';

/** What callers of every kind call with, and judge by. */
export interface Calling {
  /** of the service */
  readonly base: string;
  readonly cases: readonly Case[];
  readonly keys: PrefetchKeys;
  readonly fhir: FaultyFhir;
  readonly ehr: SigningEhr;
  /** where what is wrong goes */
  readonly findings: Findings;
  readonly checker: Checker;
}
