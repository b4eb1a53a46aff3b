import { describe, expect, it } from 'vitest';
import type { Budget } from '../../src/cds-hooks/budget.ts';
import { SECTIONS } from '../../src/chart/sections.ts';
import { answerCrd, type CrdAnswer } from '../../src/crd/answer-crd.ts';
import type { CrdOptions } from '../../src/crd/answer-order.ts';
import type { CrdConfig } from '../../src/crd/crd-config.ts';
import type { CrdRequest } from '../../src/crd/crd-request.ts';
import { type CrdHook, crdDiscovery, loadCrdServices } from '../../src/crd/crd-service.ts';
import { neededSections } from '../../src/criteria-check/needed-sections.ts';
import { calendarOf, formatDay } from '../../src/dates/day.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { PAYER } from '../support/crd.ts';
import { breaches, changesElsewhere, codeOf, informationOf, partsOf, reasonsOf } from '../support/crd-validator.ts';
import { searchset } from '../support/hook-request.ts';
import { at } from '../support/json-path.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

type Json = Record<string, unknown>;
type Answered = Extract<CrdAnswer, { status: 200 }>;

/** Codes of the options that discovery offers. */
const OPTIONS: ReadonlySet<unknown> = new Set(
  crdDiscovery(loadCrdServices(`${ROOT}/cds-services/crd`)).services.flatMap((s) =>
    ((s['extension'] as Json)['davinci-crd.configuration-options'] as readonly { readonly code: string }[]).map(
      (o) => o.code,
    ),
  ),
);
const files = loadVignettes(`${ROOT}/test/vignettes`);
const KEYS: Readonly<Record<string, string>> = {
  Condition: 'conditions',
  Procedure: 'procedures',
  Observation: 'observations',
  DiagnosticReport: 'diagnosticReports',
  ImagingStudy: 'imagingStudies',
  MedicationRequest: 'medicationRequests',
  MedicationStatement: 'medicationStatements',
  MedicationDispense: 'medicationDispenses',
  MedicationAdministration: 'medicationAdministrations',
  Encounter: 'encounters',
  AllergyIntolerance: 'allergies',
  Device: 'devices',
  FamilyMemberHistory: 'familyHistory',
  QuestionnaireResponse: 'questionnaireResponses',
};

const configFor = (payer: string): CrdConfig => ({
  payers: [
    {
      payer,
      label: 'The insurer',
      identifiers: [PAYER],
      benefits: [{ covered: 'covered', reason: 'a benefit' }],
      'prior-authorization': [{ need: 'auth-needed', reason: 'the list' }],
    },
  ],
  questionnaires: true,
  attach: false,
});

const optionsFor = (payer: string): CrdOptions => ({
  checker: checker(),
  config: configFor(payer),
  calendar: calendarOf('UTC'),
  sections: neededSections(checker().knowledge),
  questionnaireOf: (check) => `${CANONICAL_BASE}/Questionnaire/${check.policy.id}|1`,
});

const today = (): string => new Date().toISOString().slice(0, 10);
const budget = (): Budget => ({ from: performance.now(), until: performance.now() + 4000 });

/** A call about a vignette's order. Sections that were not retrieved whole are left out of the prefetch. */
function callOf(vignette: Vignette, hook: CrdHook): { readonly request: CrdRequest; readonly order: Json } {
  const { patient, order, coverage, chart } = vignetteToFhir(vignette, CANONICAL_BASE);
  const orders = chart.filter((r) => r.resourceType === 'ServiceRequest');
  const prefetch = {
    patient,
    coverage: searchset([{ ...coverage, payor: [{ identifier: PAYER, display: vignette.payer }] }]),
    answers: searchset([]),
    practitionerRoles: searchset([]),
    ...Object.fromEntries(
      SECTIONS.flatMap((s) => {
        const key = KEYS[s];
        if (key === undefined || vignette.incomplete[s] !== undefined) return [];
        return [[key, searchset(chart.filter((r) => r.resourceType === s))]];
      }),
    ),
  };
  const draftOrders = { resourceType: 'Bundle', entry: [order, ...orders].map((resource) => ({ resource })) };
  return {
    order,
    request: {
      hook,
      hookInstance: 'x',
      prefetch,
      context: {
        patientId: 'p1',
        userId: 'Practitioner/orderer',
        draftOrders,
        ...(hook === 'order-select' && { selections: [`ServiceRequest/${order.id}`] }),
      },
    },
  };
}

async function answerTo(
  vignette: Vignette,
  hook: CrdHook,
): Promise<{ readonly answer: Answered; readonly order: Json }> {
  const { request, order } = callOf(vignette, hook);
  const payer = checker().knowledge.payers.find({ names: [vignette.payer], identifiers: [] });
  const answer = await answerCrd(request, {}, optionsFor(payer?.id ?? ''), budget());
  if (answer.status !== 200) throw new Error(`${vignette.id}: ${answer.status} ${answer.message}`);
  return { answer, order };
}

/** What is wrong with an answer about a vignette's order, in words. */
async function problems(vignette: Vignette, hook: CrdHook): Promise<readonly string[]> {
  const { answer, order } = await answerTo(vignette, hook);
  const told = answer.told.find((t) => t.order.ref === 'ServiceRequest/order-1');
  const action = answer.systemActions.find((a) => a.resource['id'] === 'order-1');
  if (vignette.expect.outcome === 'not-governed')
    return told?.check?.kind === 'checked' ? ['an assessment under a policy that does not govern the order'] : [];
  if (told?.check?.kind !== 'checked' || action === undefined) return ['no coverage-information'];
  const { outcome, reason, missing, alternatives, validUntil } = told.check.assessment;
  const said = informationOf(action.resource);
  const out = said.flatMap((e) => breaches(e));
  const rule = (what: string, holds: boolean): void => {
    if (!holds) out.push(`${outcome}: ${what}`);
  };
  rule('changes only coverage-information', !changesElsewhere(order, action.resource as Json));
  rule('an update with a description', action.type === 'update' && action.description.length > 10);
  rule(
    'the coverage of the client',
    said.every((e) => at(partsOf(e, 'coverage')[0], 'valueReference.reference') === 'Coverage/coverage-1'),
  );
  rule(
    'never satisfied',
    said.every((e) => codeOf(e, 'pa-needed') !== 'satisfied'),
  );
  rule(
    'never not-covered by our own guess',
    said.every((e) => codeOf(e, 'covered') === 'covered'),
  );
  rule(
    'no card that repeats coverage-information',
    answer.cards.every((c) => c.source.topic.code !== 'coverage-info'),
  );
  rule(
    'one assertion id for one coverage',
    new Set(said.map((e) => at(partsOf(e, 'coverage-assertion-id')[0], 'valueString'))).size === 1,
  );
  rule(
    'an option for the topic of each card',
    answer.cards.every((c) => OPTIONS.has(c.source.topic.code)),
  );
  const [first] = said;
  const codes = said.map((e) => at(partsOf(e, 'billingCode')[0], 'valueCoding.code'));
  switch (outcome) {
    case 'not-required':
      rule('no-auth', codeOf(first, 'pa-needed') === 'no-auth' && codeOf(first, 'doc-needed') === undefined);
      break;
    case 'alternative':
      rule(
        'one statement for each code',
        new Set(codes).size === said.length && said.length === 1 + Math.min(3, alternatives.length),
      );
      break;
    case 'met':
      rule('auth-needed', codeOf(first, 'pa-needed') === 'auth-needed');
      rule('not an approval', reasonsOf(first).includes('not an approval'));
      rule(
        'documents are asked for where those of the order’s day are too old by now, and only there',
        hook === 'order-select' ||
          (codeOf(first, 'doc-needed') === 'clinical') ===
            (validUntil !== undefined && formatDay(validUntil) < today()),
      );
      break;
    case 'not-met':
      rule('auth-needed', codeOf(first, 'pa-needed') === 'auth-needed');
      break;
    case 'undetermined':
      if (reason === 'data-unavailable' && told.check.order.open === undefined) {
        rule('technical', JSON.stringify(first).includes('"technical"'));
      } else if (hook === 'order-sign' && told.check.order.open === undefined) {
        rule(
          'documents are asked for',
          codeOf(first, 'doc-needed') === 'clinical' && partsOf(first, 'questionnaire').length === 1,
        );
        rule(
          'each missing fact is named',
          missing.every((m) => reasonsOf(first).includes(m.label) || reasonsOf(first).endsWith('…')),
        );
      }
      break;
  }
  if (hook === 'order-select')
    rule(
      'nothing asks for documents',
      said.every((e) => codeOf(e, 'doc-needed') === undefined),
    );
  return out;
}

const SECONDS_PER_VIGNETTE = 0.3;

describe.each(files)('payer mode on $file', ({ vignettes }) => {
  it.each(['order-sign', 'order-select'] as const)(
    'T077, T082, T086, T087, T088, T090, T091, T092, T094, T095, T096, T098, T101: obeys every invariant and the mapping of outcomes on %s',
    { timeout: Math.max(20, vignettes.length * SECONDS_PER_VIGNETTE) * 1000 },
    async (hook) => {
      const bad: string[] = [];
      for (const vignette of vignettes) {
        const found = await problems(vignette, hook);
        if (found.length > 0) bad.push(`${vignette.id}: ${found.join('; ')}`);
      }
      expect(bad).toEqual([]);
    },
  );
});

describe('an order that was answered before', () => {
  const vignette = files.flatMap((f) => f.vignettes).find((v) => v.expect.outcome === 'met') as Vignette;

  it('T099: gets no action when nothing is new, and the same identical answer twice', async () => {
    const { request } = callOf(vignette, 'order-sign');
    const payer = checker().knowledge.payers.find({ names: [vignette.payer], identifiers: [] })?.id ?? '';
    const first = (await answerCrd(request, {}, optionsFor(payer), budget())) as Answered;
    const again = (await answerCrd(request, {}, optionsFor(payer), budget())) as Answered;
    expect(again.systemActions).toEqual(first.systemActions);
    const [action] = first.systemActions;
    const fed: CrdRequest = {
      ...request,
      context: { ...request.context, draftOrders: { resourceType: 'Bundle', entry: [{ resource: action?.resource }] } },
    };
    const second = (await answerCrd(fed, {}, optionsFor(payer), budget())) as Answered;
    expect([second.systemActions, second.told.length]).toEqual([[], 1]);
  });

  it('T099: the same, when the EHR has put a name to the coverage that is referred to', async () => {
    const { request } = callOf(vignette, 'order-sign');
    const payer = checker().knowledge.payers.find({ names: [vignette.payer], identifiers: [] })?.id ?? '';
    const first = (await answerCrd(request, {}, optionsFor(payer), budget())) as Answered;
    const resource = structuredClone(first.systemActions[0]?.resource) as Json;
    const [part] = partsOf(informationOf(resource)[0], 'coverage');
    Object.assign(at(part, 'valueReference') as Json, { display: 'Gold plan', type: 'Coverage' });
    const fed: CrdRequest = {
      ...request,
      context: { ...request.context, draftOrders: { resourceType: 'Bundle', entry: [{ resource }] } },
    };
    expect(((await answerCrd(fed, {}, optionsFor(payer), budget())) as Answered).systemActions).toEqual([]);
  });

  it('T100: keeps what another payer said, and replaces what we said', async () => {
    const { request, order } = callOf(vignette, 'order-sign');
    const payer = checker().knowledge.payers.find({ names: [vignette.payer], identifiers: [] })?.id ?? '';
    const url = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';
    const of = (coverage: string): Json => ({
      url,
      extension: [
        { url: 'coverage', valueReference: { reference: coverage } },
        { url: 'covered', valueCode: 'indeterminate' },
      ],
    });
    const other = of('Coverage/another');
    const foreign = { url: 'http://example.org/kept', valueString: 'x' };
    const resource = { ...order, extension: [other, foreign, of('Coverage/coverage-1')] };
    const fed: CrdRequest = {
      ...request,
      context: { ...request.context, draftOrders: { resourceType: 'Bundle', entry: [{ resource }] } },
    };
    const answer = (await answerCrd(fed, {}, optionsFor(payer), budget())) as Answered;
    const [action] = answer.systemActions;
    expect(at(action?.resource, 'extension.0')).toEqual(other);
    expect(at(action?.resource, 'extension.1')).toEqual(foreign);
    expect(informationOf(action?.resource)).toHaveLength(2);
    expect(codeOf(informationOf(action?.resource)[1], 'covered')).toBe('covered');
  });
});
