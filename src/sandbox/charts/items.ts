import type { Json } from '../../chart/json.ts';
import { formatDay } from '../../dates/day.ts';
import { type ChartContext, type ChartResource, practitioner, quantity } from './chart-context.ts';
import { Code, concept, term } from './codes.ts';
import { observation, rated, vitalSigns } from './observations.ts';
import type { BackgroundInput, ChartItem } from './schema.ts';

type Of<K extends string> = Extract<ChartItem, Record<K, unknown>>;

const USUAL_PRACTITIONER = 'wells';
const THERAPIST = 'patel';
const CLASS = { office: 'AMB', emergency: 'EMER', inpatient: 'IMP', telehealth: 'VR' } as const;
const PAIN_SCORE = 'loinc 72514-3 Pain severity, 0-10 verbal numeric rating';

const reasons = (ctx: ChartContext, codes: readonly string[] | undefined): Json =>
  codes === undefined ? {} : { reasonCode: [ctx.concept(codes)] };
const sites = (site: string | undefined): Json => (site === undefined ? {} : { bodySite: [concept([site])] });
const by = (item: ChartItem, usual = USUAL_PRACTITIONER): Json => practitioner(item.by ?? usual);
const encounterOf = (ctx: ChartContext, item: ChartItem): Json =>
  item.at === undefined ? {} : { encounter: ctx.visit(item.at).reference };

function visit(ctx: ChartContext, item: Of<'visit'>, background: BackgroundInput): readonly ChartResource[] {
  const id = ctx.id('visit', item.as);
  const date = ctx.at(item.date);
  const encounter = { reference: `Encounter/${id}` };
  const open = item.status === 'in-progress';
  const scores: readonly ChartResource[] =
    item.pain === undefined
      ? []
      : [
          observation(
            ctx,
            ctx.id('pain'),
            concept([PAIN_SCORE]),
            { date, category: 'survey', encounter },
            { valueQuantity: quantity(item.pain, '{score}') },
          ),
        ];
  return [
    {
      resourceType: 'Encounter',
      id,
      status: item.status ?? 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: CLASS[item.visit] },
      type: [ctx.concept(item.type ?? background.routine['problem-visit'].type)],
      subject: ctx.subject,
      participant: [{ individual: by(item) }],
      period: { start: date, ...(!open && { end: date }) },
      ...reasons(ctx, item.reasons),
      serviceProvider: { reference: 'Organization/harbor-clinic' },
    },
    ...(item.vitals === undefined
      ? []
      : vitalSigns(ctx, background, { date, category: 'vital-signs', encounter }, item.vitals)),
    ...scores,
  ];
}

function condition(ctx: ChartContext, item: Of<'condition'>): ChartResource {
  const seen = item.at === undefined ? undefined : ctx.visit(item.at);
  const recorded = item.recorded === undefined ? seen?.day : ctx.day(item.recorded);
  const clinical = item.status ?? (item.abated === undefined ? 'active' : 'resolved');
  return {
    resourceType: 'Condition',
    id: ctx.id('condition', item.as),
    ...(item.certainty !== 'refuted' && { clinicalStatus: term('condition-clinical', clinical) }),
    verificationStatus: term('condition-ver-status', item.certainty),
    category: [term('condition-category', seen === undefined ? 'problem-list-item' : 'encounter-diagnosis')],
    code: ctx.concept(item.condition),
    ...sites(item.site),
    subject: ctx.subject,
    ...(seen !== undefined && { encounter: seen.reference }),
    ...(item.onset !== undefined && { onsetDateTime: ctx.at(item.onset) }),
    ...(item.abated !== undefined && { abatementDateTime: ctx.at(item.abated) }),
    ...(recorded !== undefined && { recordedDate: formatDay(recorded) }),
    recorder: by(item),
  };
}

/** A Procedure that was done on one day. */
export const procedure = (
  ctx: ChartContext,
  id: string,
  codes: readonly string[],
  date: string,
  members: Json,
): ChartResource => ({
  resourceType: 'Procedure',
  id,
  status: 'completed',
  code: ctx.concept(codes),
  subject: ctx.subject,
  performedDateTime: date,
  ...members,
});

/** A course of therapy: an evaluation and visits in regular distance, the last on the last day. */
function therapy(ctx: ChartContext, item: Of<'therapy'>): readonly ChartResource[] {
  const members = {
    performer: [{ actor: by(item, THERAPIST) }],
    ...reasons(ctx, item.reasons),
    ...sites(item.site),
  };
  const one = (codes: readonly string[], date: string): ChartResource =>
    procedure(ctx, ctx.id(item.as ?? 'therapy'), codes, date, members);
  const days: number[] = [];
  if (item.from !== undefined && item.to !== undefined) {
    const last = ctx.day(item.to);
    for (let day = ctx.day(item.from); day < last; day += item.every) days.push(day);
    days.push(last);
  }
  return [
    ...(item.evaluation === undefined ? [] : [one(item.therapy.evaluation, ctx.at(item.evaluation))]),
    ...days.map((day) => one(item.therapy.visit, formatDay(day))),
  ];
}

/** A DiagnosticReport. */
function report(ctx: ChartContext, item: Of<'report'>): ChartResource {
  const imaging = item.kind === 'imaging';
  return {
    resourceType: 'DiagnosticReport',
    id: ctx.id('report', item.as),
    status: item.status ?? 'final',
    category: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: imaging ? 'RAD' : 'OTH' }],
      },
    ],
    code: ctx.concept(item.report),
    subject: ctx.subject,
    ...encounterOf(ctx, item),
    effectiveDateTime: ctx.at(item.date),
    issued: `${ctx.at(item.date)}T18:00:00Z`,
    performer: [{ reference: 'Organization/harbor-clinic' }],
    ...(item.text !== undefined && { conclusion: item.text }),
    ...(item.result !== undefined && { conclusionCode: [ctx.concept(item.result)] }),
  };
}

const AMOUNT = /^(-?\d+(?:\.\d+)?) (\S+)$/;

/** An Observation whose value is a yes or no, an amount with a unit, or a code. */
function finding(ctx: ChartContext, item: Of<'observation'>): ChartResource {
  const amount = typeof item.value === 'string' ? AMOUNT.exec(item.value) : null;
  const unit = amount?.[2] ?? '';
  const coded = typeof item.value === 'string' && amount === null && Code.safeParse(item.value).success;
  const value = Number(amount?.[1]);
  const occasion = {
    date: ctx.at(item.date),
    category: item.category,
    ...(item.at !== undefined && { encounter: ctx.visit(item.at).reference }),
  };
  return observation(ctx, ctx.id('observation', item.as), ctx.concept(item.observation), occasion, {
    ...(typeof item.value === 'boolean' && { valueBoolean: item.value }),
    ...(amount !== null && { valueQuantity: quantity(value, unit), ...rated(value, unit, item.range) }),
    ...(coded && { valueCodeableConcept: concept([String(item.value)]) }),
    ...(item.site !== undefined && { bodySite: concept([item.site]) }),
    performer: [by(item)],
  });
}

/** A MedicationRequest; completed when its supply is used up. */
function drug(ctx: ChartContext, item: Of<'drug'>): ChartResource {
  const used = item.days !== undefined && ctx.day(item.from) + item.days < ctx.today;
  return {
    resourceType: 'MedicationRequest',
    id: ctx.id('drug', item.as),
    status: item.status ?? (used ? 'completed' : 'active'),
    intent: 'order',
    medicationCodeableConcept: ctx.concept(item.drug),
    subject: ctx.subject,
    ...encounterOf(ctx, item),
    authoredOn: ctx.at(item.from),
    requester: by(item),
    ...reasons(ctx, item.reasons),
    ...(item.sig !== undefined && { dosageInstruction: [{ text: item.sig }] }),
    ...(item.days !== undefined && {
      dispenseRequest: { expectedSupplyDuration: { ...quantity(item.days, 'd'), unit: 'days' } },
    }),
  };
}

const serviceRequest = (ctx: ChartContext, item: Of<'order'>): ChartResource => ({
  resourceType: 'ServiceRequest',
  id: ctx.id('order', item.as),
  status: item.status ?? 'active',
  intent: 'order',
  code: ctx.concept(item.order),
  subject: ctx.subject,
  ...encounterOf(ctx, item),
  authoredOn: ctx.at(item.date),
  requester: by(item),
  ...reasons(ctx, item.reasons),
});

const allergy = (ctx: ChartContext, item: Of<'allergy'>): ChartResource => ({
  resourceType: 'AllergyIntolerance',
  id: ctx.id('allergy', item.as),
  clinicalStatus: term('allergyintolerance-clinical', item.status ?? 'active'),
  verificationStatus: term('allergyintolerance-verification', 'confirmed'),
  code: ctx.concept(item.allergy),
  patient: ctx.subject,
  ...(item.date !== undefined && { recordedDate: ctx.at(item.date) }),
  ...(item.reaction !== undefined && { reaction: [{ manifestation: [ctx.concept(item.reaction)] }] }),
});

const family = (ctx: ChartContext, item: Of<'family'>): ChartResource => ({
  resourceType: 'FamilyMemberHistory',
  id: ctx.id('family', item.as),
  status: 'completed',
  patient: ctx.subject,
  relationship: { text: item.relation },
  condition: [{ code: ctx.concept(item.family) }],
});

/** The resources of one item of a patient's story. @throws RangeError when it names a visit that is not there */
export function resourcesOf(ctx: ChartContext, item: ChartItem, background: BackgroundInput): readonly ChartResource[] {
  if ('visit' in item) return visit(ctx, item, background);
  if ('condition' in item) return [condition(ctx, item)];
  if ('therapy' in item) return therapy(ctx, item);
  if ('procedure' in item) {
    const members = {
      ...encounterOf(ctx, item),
      performer: [{ actor: by(item) }],
      ...reasons(ctx, item.reasons),
      ...sites(item.site),
    };
    return [procedure(ctx, ctx.id('procedure', item.as), item.procedure, ctx.at(item.date), members)];
  }
  if ('report' in item) return [report(ctx, item)];
  if ('observation' in item) return [finding(ctx, item)];
  if ('drug' in item) return [drug(ctx, item)];
  if ('order' in item) return [serviceRequest(ctx, item)];
  return 'allergy' in item ? [allergy(ctx, item)] : [family(ctx, item)];
}
