import { isDeepStrictEqual } from 'node:util';
import { COVERAGE_INFORMATION } from '../../src/crd/coverage-information.ts';
import { at, listAt } from './json-path.ts';

type Json = Record<string, unknown>;

const CODES: Readonly<Record<string, readonly string[]>> = {
  covered: ['covered', 'not-covered', 'conditional', 'indeterminate'],
  'pa-needed': ['no-auth', 'auth-needed', 'performpa', 'satisfied', 'conditional', 'indeterminate'],
  'doc-needed': ['clinical', 'admin', 'patient', 'conditional', 'indeterminate'],
  'doc-purpose': ['withpa', 'withclaim', 'withorder', 'retain-doc', 'OTH'],
  'info-needed': ['performer', 'location', 'timeframe', 'contract-window', 'detail-code', 'OTH'],
};
const REASON_CODES = [
  'gold-card',
  'no-member-found',
  'no-active-coverage',
  'coverage-not-found',
  'auth-out-network',
  'technical',
];
const ALLOWED = [
  ...Object.keys(CODES),
  'coverage',
  'billingCode',
  'reason',
  'detail',
  'dependency',
  'questionnaire',
  'date',
  'coverage-assertion-id',
  'satisfied-pa-id',
  'contact',
  'expiry-date',
];

/** The parts of one coverage-information extension with a url. */
export const partsOf = (extension: unknown, url: string): readonly unknown[] =>
  listAt(extension, 'extension').filter((e) => at(e, 'url') === url);

/** The code of a part, if it is there. */
export const codeOf = (extension: unknown, url: string): unknown => at(partsOf(extension, url)[0], 'valueCode');

/** The texts of the reasons. */
export const reasonsOf = (extension: unknown): string =>
  partsOf(extension, 'reason')
    .map((r) => String(at(r, 'valueCodeableConcept.text')))
    .join(' ');

/** Breaches of CRD 2.2's cardinalities, value sets and invariants in one coverage-information extension. */
export function breaches(extension: unknown): readonly string[] {
  const out: string[] = [];
  const has = (url: string): boolean => partsOf(extension, url).length > 0;
  const is = (url: string, code: string): boolean => partsOf(extension, url).some((p) => at(p, 'valueCode') === code);
  const rule = (key: string, holds: boolean): void => {
    if (!holds) out.push(key);
  };
  for (const url of ['coverage', 'covered', 'date', 'coverage-assertion-id'])
    rule(`${url} 1..1`, partsOf(extension, url).length === 1);
  for (const url of ['pa-needed', 'satisfied-pa-id', 'expiry-date'])
    rule(`${url} 0..1`, partsOf(extension, url).length <= 1);
  for (const part of listAt(extension, 'extension')) {
    const url = String(at(part, 'url'));
    rule(`unknown part ${url}`, ALLOWED.includes(url));
    const codes = CODES[url];
    if (codes !== undefined) rule(`${url} code`, codes.includes(String(at(part, 'valueCode'))));
    if (url === 'reason') {
      const code = at(part, 'valueCodeableConcept.coding.0.code');
      const text = at(part, 'valueCodeableConcept.text');
      rule('crd-ci-q7', (code !== undefined && REASON_CODES.includes(String(code))) || typeof text === 'string');
    }
    if (url === 'detail')
      for (const inner of ['category', 'code', 'value']) rule(`detail.${inner}`, partsOf(part, inner).length === 1);
  }
  const indeterminate = ['covered', 'pa-needed', 'doc-needed'].some((u) => is(u, 'indeterminate'));
  const conditional = ['covered', 'pa-needed', 'doc-needed'].some((u) => is(u, 'conditional'));
  rule('crd-ci-q1', !has('questionnaire') || has('doc-needed'));
  rule('crd-ci-q2', !is('covered', 'not-covered') || !has('pa-needed'));
  rule('crd-ci-q3', has('info-needed') === conditional);
  rule('crd-ci-q4', !(is('pa-needed', 'satisfied') || is('pa-needed', 'no-auth')) || !is('doc-purpose', 'withpa'));
  rule('crd-ci-q5', has('satisfied-pa-id') === is('pa-needed', 'satisfied'));
  rule('crd-ci-q6', !is('info-needed', 'OTH') || has('reason'));
  rule('crd-ci-q8', !has('doc-purpose') || has('reason'));
  rule('crd-ci-q9', !indeterminate || has('reason'));
  rule('a reason always', has('reason'));
  const [date, expiry] = ['date', 'expiry-date'].map((url) => at(partsOf(extension, url)[0], 'valueDate'));
  rule('not expired when it is said', expiry === undefined || String(expiry) >= String(date));
  rule('doc-needed clinical has a purpose', !is('doc-needed', 'clinical') || has('doc-purpose'));
  return out;
}

/** The coverage-information extensions of a resource. */
export const informationOf = (resource: unknown): readonly unknown[] =>
  listAt(resource, 'extension').filter((e) => at(e, 'url') === COVERAGE_INFORMATION);

/** Is a resource another one, apart from its coverage-information? */
export function changesElsewhere(before: Json, after: Json): boolean {
  const bare = (resource: Json): Json => {
    const { extension, ...rest } = resource;
    const others = (Array.isArray(extension) ? extension : []).filter((e) => at(e, 'url') !== COVERAGE_INFORMATION);
    return others.length === 0 ? rest : { ...rest, extension: others };
  };
  return !isDeepStrictEqual(bare(before), bare(after));
}
