import { isDeepStrictEqual } from 'node:util';
import { type Json, object, objects, text } from '../chart/json.ts';
import { localKey } from '../chart/references.ts';
import { SYSTEMS } from '../terminology/systems.ts';
import type { Guidance } from './guidance.ts';

/** Da Vinci CRD 2.2, extension coverage-information. */
export const COVERAGE_INFORMATION = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';
const REASONS = 'http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp';
const DETAILS = 'http://terminology.hl7.org/CodeSystem/crd-coverage-detail';

const CPT = SYSTEMS.cpt[0];
const HCPCS = 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets';

/** Who says it, of which coverage, when. */
export interface Assertion {
  /** the coverage as the client refers to it, e.g. "Coverage/cov-9" */
  readonly coverage: string;
  /** YYYY-MM-DD in the configured time zone */
  readonly date: string;
  readonly id: string;
}

type Part = Readonly<Record<string, unknown>>;

const code = (url: string, value: string | undefined): readonly Part[] =>
  value === undefined ? [] : [{ url, valueCode: value }];

function detail(category: string, name: string, value: Part): Part {
  return {
    url: 'detail',
    extension: [
      { url: 'category', valueCode: category },
      { url: 'code', valueCodeableConcept: { coding: [{ system: DETAILS, code: name }] } },
      { url: 'value', ...value },
    ],
  };
}

/** One coverage-information extension. */
export function coverageInformation(said: Guidance, { coverage, date, id }: Assertion): Json {
  return {
    url: COVERAGE_INFORMATION,
    extension: [
      { url: 'coverage', valueReference: { reference: coverage } },
      { url: 'covered', valueCode: said.covered },
      ...code('pa-needed', said.paNeeded),
      ...code('doc-needed', said.docNeeded),
      ...code('doc-purpose', said.docPurpose),
      ...code('info-needed', said.infoNeeded),
      ...(said.billingCode === undefined
        ? []
        : [
            {
              url: 'billingCode',
              valueCoding: { system: /^[A-Z]/.test(said.billingCode) ? HCPCS : CPT, code: said.billingCode },
            },
          ]),
      ...said.reasons.map((r) => ({
        url: 'reason',
        valueCodeableConcept: {
          ...(r.code !== undefined && { coding: [{ system: REASONS, code: r.code }] }),
          text: r.text,
        },
      })),
      ...(said.policyLink === undefined ? [] : [detail('cat-other', 'policy-link', { valueUrl: said.policyLink })]),
      ...(said.questionnaire === undefined ? [] : [{ url: 'questionnaire', valueCanonical: said.questionnaire }]),
      { url: 'date', valueDate: date },
      { url: 'coverage-assertion-id', valueString: id },
      ...(said.expires === undefined ? [] : [{ url: 'expiry-date', valueDate: said.expires }]),
    ],
  };
}

/** Parts that say when, under which number and of which coverage something was said, not what. */
const CIRCUMSTANCES = new Set(['date', 'coverage-assertion-id', 'coverage']);

const content = (extension: Json): readonly Json[] =>
  objects(extension['extension']).filter((e) => !CIRCUMSTANCES.has(text(e['url']) ?? ''));

const coverageOf = (extension: Json, base: string | undefined): string | undefined =>
  localKey(object(objects(extension['extension']).find((e) => e['url'] === 'coverage')?.['valueReference']), base);

/**
 * The order with what we say of a coverage in place of what was said of it before; everything else stays as it was received.
 * @param base as of `localReference`: a coverage of another server is another one
 * @returns undefined when nothing new is said (CRD 2.2, resp-35)
 */
export function withCoverageInformation(
  order: Json,
  coverage: string,
  said: readonly Json[],
  base: string | undefined,
): Json | undefined {
  const extensions = objects(order['extension']);
  const isOurs = (e: Json): boolean =>
    e['url'] === COVERAGE_INFORMATION && coverageOf(e, base) === localKey({ reference: coverage });
  const before = extensions.filter(isOurs);
  if (isDeepStrictEqual(before.map(content), said.map(content))) return undefined;
  return { ...order, extension: [...extensions.filter((e) => !isOurs(e)), ...said] };
}
