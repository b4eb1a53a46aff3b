import type { Json, ReasonRow, StudyRow } from '../../sandbox/ehr/wire.ts';
import { list, object, text } from './ehr-json.ts';

/** Who pays for an order: as the chart has it, nobody, or a payer that the order itself names. */
export type PayerChoice =
  | { readonly kind: 'filed' }
  | { readonly kind: 'none' }
  | { readonly kind: 'payer'; readonly name: string; readonly line: Line; readonly plan: string };
export type Line = 'commercial' | 'medicare' | 'medicaid' | '';

const CPT = 'http://www.ama-assn.org/go/cpt';
const SOPT: Readonly<Record<Exclude<Line, ''>, string>> = { commercial: '511', medicare: '111', medicaid: '211' };

const codingsOf = (concept: unknown): readonly Json[] => list(object(concept)?.['coding']);

/** An id for a draft. */
export function draftId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `draft-${[...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
}

/** A draft order without a study. @param today YYYY-MM-DD */
export const newOrder = (patient: string, user: string, today: string): Json => ({
  resourceType: 'ServiceRequest',
  id: draftId(),
  status: 'draft',
  intent: 'order',
  subject: { reference: `Patient/${patient}` },
  requester: { reference: user },
  authoredOn: today,
});

/** A resource without some members. */
function without(resource: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)));
}

export const withStudy = (order: Json, { code, label, system }: StudyRow): Json => ({
  ...order,
  code: { coding: [{ system: system ?? CPT, code, display: label }], text: label },
});

/** The study that an order names. */
export function studyOf(order: Json): StudyRow | undefined {
  for (const coding of codingsOf(order['code'])) {
    const code = text(coding['code']);
    const own = text(object(order['code'])?.['text']);
    if (code !== undefined) return { code, label: text(coding['display']) ?? own ?? code };
  }
  return undefined;
}

/** The reasons of an order, one for each coded concept. */
export const reasonsOf = (order: Json): readonly ReasonRow[] =>
  list(order['reasonCode']).map((concept): ReasonRow => {
    const [coding] = codingsOf(concept);
    const code = text(coding?.['code']) ?? '';
    const label = text(concept['text']) ?? text(coding?.['display']) ?? code;
    return { system: text(coding?.['system']) ?? '', code, label, hint: '' };
  });

/** Adds a reason; one that is there already is not added again. */
export function withReason(order: Json, { system, code, label }: ReasonRow): Json {
  if (reasonsOf(order).some((r) => r.system === system && r.code === code)) return order;
  const added = { coding: [{ system, code, display: label }], text: label };
  return { ...order, reasonCode: [...list(order['reasonCode']), added] };
}

export function withoutReason(order: Json, index: number): Json {
  const left = list(order['reasonCode']).filter((_, i) => i !== index);
  return left.length === 0 ? without(order, 'reasonCode') : { ...order, reasonCode: left };
}

/** @param date YYYY-MM-DD; empty = the order carries no date */
export const withDate = (order: Json, date: string): Json =>
  date === '' ? without(order, 'authoredOn') : { ...order, authoredOn: date };

export const withRequester = (order: Json, user: string): Json => ({ ...order, requester: { reference: user } });

const PAYER_PARTS = new Set(['chosen-coverage', 'chosen-payer']);

/** Lets an order name who pays, in a Coverage that it contains; the chart stays as it is. */
export function withPayer(order: Json, choice: PayerChoice): Json {
  const others = list(order['contained']).filter((c) => !PAYER_PARTS.has(text(c['id']) ?? ''));
  const bare = without(order, 'insurance', 'contained');
  const kept = others.length === 0 ? bare : { ...bare, contained: others };
  if (choice.kind !== 'payer') return kept;
  const { name, line, plan } = choice;
  const coverage = {
    resourceType: 'Coverage',
    id: 'chosen-coverage',
    status: 'active',
    ...(line !== '' && { type: { coding: [{ system: 'https://nahdo.org/sopt', code: SOPT[line] }] } }),
    beneficiary: order['subject'],
    payor: [{ reference: '#chosen-payer', display: name }],
    ...(plan !== '' && {
      class: [
        {
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/coverage-class', code: 'plan' }] },
          value: plan,
          name: plan,
        },
      ],
    }),
  };
  const payer = { resourceType: 'Organization', id: 'chosen-payer', name };
  return { ...kept, contained: [...others, payer, coverage], insurance: [{ reference: '#chosen-coverage' }] };
}

/** What a suggestion makes of the basket, or why it cannot be applied. */
export type Applied =
  | { readonly ok: true; readonly order: Json; readonly others: readonly Json[] }
  | { readonly ok: false; readonly why: string };

/** Applies the actions of a suggestion: an update replaces the order of its id, a create adds a draft. All or nothing. */
export function applyActions(order: Json, others: readonly Json[], actions: unknown): Applied {
  let [main, rest] = [order, [...others]];
  const known = list(actions);
  if (known.length === 0) return { ok: false, why: 'The suggestion holds no action.' };
  for (const action of known) {
    const { type } = action;
    const resource = object(action['resource']);
    if (resource === undefined) return { ok: false, why: `An action of type "${String(type)}" holds no resource.` };
    if (type === 'create') rest.push({ ...resource, id: draftId() });
    else if (type === 'update' && resource['id'] === main['id']) main = resource;
    else if (type === 'update' && rest.some((r) => r['id'] === resource['id']))
      rest = rest.map((r) => (r['id'] === resource['id'] ? resource : r));
    else return { ok: false, why: `The action "${String(type)}" concerns no order of this basket.` };
  }
  return { ok: true, order: main, others: rest };
}
