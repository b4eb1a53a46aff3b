import { add, type Day, formatDay, parseDate } from '../dates/day.ts';
import { SYSTEMS } from '../terminology/systems.ts';
import { CODE_WORDS } from './code-words.ts';
import type { Vignette } from './expand.ts';
import type { ChartItem } from './schema.ts';

type Resource = Record<string, unknown> & { resourceType: string; id: string };

const SITE: Readonly<Record<string, string>> = {
  cervical: '122494005',
  thoracic: '122495006',
  lumbar: '52612000',
  pelvis: '39723000',
  leg: '61685007',
  arm: '53120007',
  knee: '72696002',
  shoulder: '16982005',
  perineum: '38864007',
};
const RESULT: Readonly<Record<string, string>> = {
  normal: '17621005',
  abnormal: '263654008',
  indeterminate: '82334004',
  negative: '260385009',
};
const CLASS: Readonly<Record<string, string>> = {
  office: 'AMB',
  emergency: 'EMER',
  inpatient: 'IMP',
  telehealth: 'VR',
  home: 'HH',
};
const UNIT: Readonly<Record<string, 'd' | 'w' | 'm' | 'y'>> = { d: 'd', w: 'w', m: 'm', y: 'y' };
const DURATIONS = { d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;
const THERAPY: Readonly<Record<string, { readonly evaluation: string; readonly visit: string }>> = {
  physical: { evaluation: 'cpt 97161', visit: 'cpt 97110' },
  chiropractic: { evaluation: 'cpt 98940', visit: 'cpt 98940' },
  osteopathic: { evaluation: 'cpt 98925', visit: 'cpt 98925' },
  acupuncture: { evaluation: 'cpt 97810', visit: 'cpt 97810' },
};

export const VIGNETTE_PATIENT = 'p1';
const SUBJECT = { reference: `Patient/${VIGNETTE_PATIENT}` };

/** A date of a vignette as a FHIR date: absolute, or counted from the order's date. */
function whenToDate(when: string, order: Day): string {
  const match = /^([-+]?)(\d+)([dwmy])$/.exec(when);
  if (match === null) return when;
  const unit = DURATIONS[UNIT[match[3] ?? 'd'] ?? 'd'];
  return formatDay(add(order, { count: Number(match[2]), unit }, match[1] === '-' ? -1 : 1));
}

/** A code of the EHR's own is described by its words: "local MRI-LUMBAR-SPINE". */
const coding = (code: string): { system: string; code: string; display?: string } => {
  const [word, value] = code.split(' ') as [string, string];
  const system = CODE_WORDS[word];
  return system === undefined
    ? { system: 'http://local.example.org/codes', code: value, display: value.replaceAll('-', ' ') }
    : { system: SYSTEMS[system][0], code: value };
};
const list = (codes: string | readonly string[]): readonly string[] => (typeof codes === 'string' ? [codes] : codes);
const concept = (codes: string | readonly string[]): { coding: readonly { system: string; code: string }[] } => ({
  coding: list(codes).map(coding),
});
const concepts = (codes: string | readonly string[] | undefined): Record<string, unknown> =>
  codes === undefined ? {} : { reasonCode: list(codes).map((c) => concept(c)) };
const site = (region: string | undefined): Record<string, unknown> =>
  region === undefined ? {} : { bodySite: [concept(`snomed ${SITE[region] ?? ''}`)] };
const oneSite = (region: string | undefined): Record<string, unknown> =>
  region === undefined ? {} : { bodySite: concept(`snomed ${SITE[region] ?? ''}`) };
const role = (specialty: string): Record<string, unknown> => ({
  resourceType: 'PractitionerRole',
  id: 'role',
  specialty: [concept(specialty)],
});

interface Context {
  readonly order: Day;
  readonly canonicalBase: string;
  readonly number: (type: string) => string;
}

type Of<K extends string> = Extract<ChartItem, Record<K, unknown>>;

function condition(item: Of<'condition'>, id: string, at: (w: string) => string): Resource {
  const certainty = item.certainty ?? 'confirmed';
  const clinical = item.clinical ?? (item.abated === undefined ? 'active' : 'resolved');
  const gone = certainty === 'entered-in-error' || certainty === 'refuted';
  return {
    resourceType: 'Condition',
    id,
    ...(gone
      ? {}
      : {
          clinicalStatus: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: clinical }],
          },
        }),
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: certainty }],
    },
    ...(item.category !== undefined && {
      category: [
        {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-category', code: item.category }],
        },
      ],
    }),
    code: concept(item.condition),
    ...(item.severity !== undefined && { severity: concept(item.severity) }),
    ...site(item.region),
    ...(item.onset !== undefined && { onsetDateTime: at(item.onset) }),
    ...(item.abated !== undefined && { abatementDateTime: at(item.abated) }),
    ...(item.recorded !== undefined && { recordedDate: at(item.recorded) }),
    ...(item.at !== undefined && { encounter: { reference: `Encounter/${item.at}` } }),
    subject: SUBJECT,
  };
}

function visit(item: Of<'visit'>, id: string, at: (w: string) => string): Resource {
  const date = at(item.date);
  return {
    resourceType: 'Encounter',
    id: item.as ?? id,
    status: item.status ?? 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: CLASS[item.visit] ?? 'AMB' },
    ...(item.type !== undefined && { type: [concept(item.type)] }),
    period: { start: date, end: item.end === undefined ? date : at(item.end) },
    ...concepts(item.reasons),
    ...(item.specialty !== undefined && {
      serviceType: concept(item.specialty),
      contained: [role(item.specialty)],
      participant: [{ individual: { reference: '#role' } }],
    }),
    subject: SUBJECT,
  };
}

/** The days of a series: listed, or from one to another. */
function therapyDays(item: Of<'therapy'>, at: (w: string) => string): readonly string[] {
  const listed = (item.visits ?? []).map(at);
  const from = item.from === undefined ? undefined : parseDate(at(item.from))?.lo;
  const to = item.to === undefined ? undefined : parseDate(at(item.to))?.lo;
  if (from === undefined || to === undefined) return listed;
  const days: string[] = [];
  for (let d = from; d < to; d += item.every ?? 7) days.push(formatDay(d));
  return [...listed, ...days, formatDay(to)];
}

function therapy(item: Of<'therapy'>, at: (w: string) => string, next: () => string): readonly Resource[] {
  const kind = THERAPY[item.therapy];
  const days = therapyDays(item, at);
  const one = (code: string, date: string, last: boolean): Resource => ({
    resourceType: 'Procedure',
    id: next(),
    status: item.status ?? 'completed',
    code: concept(code),
    performedDateTime: date,
    ...concepts(item.reasons),
    ...site(item.region),
    ...(last && item.outcome !== undefined && { outcome: outcome(item.outcome) }),
    subject: SUBJECT,
  });
  const evaluation =
    item.evaluation === undefined ? [] : [one(kind?.evaluation ?? '', at(item.evaluation), days.length === 0)];
  return [...evaluation, ...days.map((d, i) => one(kind?.visit ?? '', d, i === days.length - 1))];
}

const outcome = (o: 'success' | 'failure'): Record<string, unknown> =>
  concept(o === 'success' ? 'snomed 385669000' : 'snomed 385671000');

function observation(item: Of<'observation'>, id: string, at: (w: string) => string): Resource {
  const quantity = typeof item.value === 'string' ? /^(-?\d+(?:\.\d+)?) (\S+)$/.exec(item.value) : null;
  const unit = quantity?.[2] ?? '{score}';
  const amount = (value: number): Record<string, unknown> => ({
    value,
    unit,
    system: 'http://unitsofmeasure.org',
    code: unit,
  });
  return {
    resourceType: 'Observation',
    id,
    status: item.status ?? 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: item.category ?? 'exam' },
        ],
      },
    ],
    code: concept(item.observation),
    ...(item.at !== undefined && { encounter: { reference: `Encounter/${item.at}` } }),
    ...(item.date !== undefined && { effectiveDateTime: at(item.date) }),
    ...(typeof item.value === 'boolean' && { valueBoolean: item.value }),
    ...(quantity !== null && { valueQuantity: amount(Number(quantity[1])) }),
    ...(typeof item.value === 'string' &&
      quantity === null && {
        valueCodeableConcept: concept(RESULT[item.value] === undefined ? item.value : `snomed ${RESULT[item.value]}`),
      }),
    ...(item.interpretation !== undefined && {
      interpretation: [
        {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: item.interpretation },
          ],
        },
      ],
    }),
    ...(item.range !== undefined && {
      referenceRange: [
        {
          ...(item.range[0] !== null && { low: amount(item.range[0]) }),
          ...(item.range[1] !== null && { high: amount(item.range[1]) }),
        },
      ],
    }),
    ...oneSite(item.region),
    subject: SUBJECT,
  };
}

function report(item: Of<'report'>, id: string, at: (w: string) => string): Resource {
  const named = typeof item.result === 'string' ? RESULT[item.result] : undefined;
  return {
    resourceType: 'DiagnosticReport',
    id,
    status: item.status ?? 'final',
    code: concept(item.report),
    ...(item.date !== undefined && { effectiveDateTime: at(item.date) }),
    ...(item.result !== undefined && {
      conclusionCode: [concept(named === undefined ? item.result : `snomed ${named}`)],
    }),
    ...(item.text !== undefined && { conclusion: item.text }),
    subject: SUBJECT,
  };
}

function drug(item: Of<'drug'>, id: string, at: (w: string) => string): Resource {
  const from = item.from === undefined ? undefined : at(item.from);
  const to = item.to === undefined ? undefined : at(item.to);
  if (item.stated === true) {
    return {
      resourceType: 'MedicationStatement',
      id,
      status: item.status ?? (to === undefined ? 'active' : 'completed'),
      medicationCodeableConcept: concept(item.drug),
      effectivePeriod: { ...(from !== undefined && { start: from }), ...(to !== undefined && { end: to }) },
      ...concepts(item.reasons),
      subject: SUBJECT,
    };
  }
  if (item.dispensed === true) return dispensed(item, id, from);
  if (item.given === true) return givenDrug(item, id, from, to);
  return {
    resourceType: 'MedicationRequest',
    id,
    status: item.status ?? 'active',
    intent: 'order',
    medicationCodeableConcept: concept(item.drug),
    ...(from !== undefined && { authoredOn: from }),
    ...(to !== undefined && {
      dosageInstruction: [
        { timing: { repeat: { boundsPeriod: { ...(from !== undefined && { start: from }), end: to } } } },
      ],
    }),
    ...(item.days !== undefined && {
      dispenseRequest: {
        expectedSupplyDuration: inDays(item.days),
      },
    }),
    ...concepts(item.reasons),
    subject: SUBJECT,
  };
}

const inDays = (value: number): unknown => ({ value, unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' });

const dispensed = (item: Of<'drug'>, id: string, on: string | undefined): Resource => ({
  resourceType: 'MedicationDispense',
  id,
  status: item.status ?? 'completed',
  medicationCodeableConcept: concept(item.drug),
  ...(on !== undefined && { whenHandedOver: on }),
  ...(item.days !== undefined && { daysSupply: inDays(item.days) }),
  subject: SUBJECT,
});

const givenDrug = (item: Of<'drug'>, id: string, from: string | undefined, to: string | undefined): Resource => ({
  resourceType: 'MedicationAdministration',
  id,
  status: item.status ?? 'completed',
  medicationCodeableConcept: concept(item.drug),
  ...(to === undefined ? { effectiveDateTime: from } : { effectivePeriod: { start: from, end: to } }),
  ...concepts(item.reasons),
  subject: SUBJECT,
});

function serviceRequest(item: Of<'order'>, id: string, at: (w: string) => string): Resource {
  return {
    resourceType: 'ServiceRequest',
    id,
    status: item.status ?? 'active',
    intent: 'order',
    ...(item.urgent === true && { priority: 'stat' }),
    ...(item.prohibits === true && { doNotPerform: true }),
    code: concept(item.order),
    ...(item.date !== undefined && { authoredOn: at(item.date) }),
    ...(item.planned !== undefined && { occurrenceDateTime: at(item.planned) }),
    ...concepts(item.reasons),
    ...site(item.region),
    ...(item.by !== undefined && { contained: [role(item.by)], requester: { reference: '#role' } }),
    subject: SUBJECT,
  };
}

function answer(item: Of<'answer'>, id: string, at: (w: string) => string, canonicalBase: string): Resource {
  const by = item.by ?? 'practitioner';
  return {
    resourceType: 'Observation',
    id,
    status: item.status ?? 'final',
    code: { coding: [{ system: `${canonicalBase}/CodeSystem/fact`, code: item.answer }] },
    effectiveDateTime: at(item.date ?? '0d'),
    ...(item.value === 'yes' || item.value === 'no'
      ? { valueBoolean: item.value === 'yes' }
      : { valueDateTime: at(item.value) }),
    ...oneSite(item.region),
    ...(by !== 'nobody' && {
      performer: [{ reference: by === 'patient' ? SUBJECT.reference : 'Practitioner/orderer' }],
    }),
    subject: SUBJECT,
  };
}

function resources(item: ChartItem, ctx: Context): readonly Resource[] {
  const at = (w: string): string => whenToDate(w, ctx.order);
  if ('condition' in item) return [condition(item, ctx.number('condition'), at)];
  if ('visit' in item) return [visit(item, ctx.number('visit'), at)];
  if ('therapy' in item) return therapy(item, at, () => ctx.number('therapy'));
  if ('procedure' in item) {
    return [
      {
        resourceType: 'Procedure',
        id: ctx.number('procedure'),
        status: item.status ?? 'completed',
        code: concept(item.procedure),
        ...(item.end === undefined
          ? item.date !== undefined && { performedDateTime: at(item.date) }
          : { performedPeriod: { start: at(item.date ?? '0d'), end: at(item.end) } }),
        ...concepts(item.reasons),
        ...site(item.region),
        ...(item.outcome !== undefined && { outcome: outcome(item.outcome) }),
        subject: SUBJECT,
      },
    ];
  }
  if ('report' in item) return [report(item, ctx.number('report'), at)];
  if ('observation' in item) return [observation(item, ctx.number('observation'), at)];
  if ('drug' in item) return [drug(item, ctx.number('drug'), at)];
  if ('order' in item) return [serviceRequest(item, ctx.number('request'), at)];
  if ('answer' in item) return [answer(item, ctx.number('answer'), at, ctx.canonicalBase)];
  if ('allergy' in item) {
    return [
      {
        resourceType: 'AllergyIntolerance',
        id: ctx.number('allergy'),
        clinicalStatus: concept(`local ${item.status ?? 'active'}`),
        verificationStatus: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
              code: item.certainty ?? 'confirmed',
            },
          ],
        },
        code: concept(item.allergy),
        ...(item.date !== undefined && { recordedDate: at(item.date) }),
        ...(item.reaction !== undefined && { reaction: [{ manifestation: [concept(item.reaction)] }] }),
        patient: SUBJECT,
      },
    ];
  }
  if ('device' in item) {
    return [
      {
        resourceType: 'Device',
        id: ctx.number('device'),
        status: item.status ?? 'active',
        type: concept(item.device),
        ...(item.safety !== undefined && { safety: [concept(item.safety)] }),
        patient: SUBJECT,
      },
    ];
  }
  return [
    {
      resourceType: 'FamilyMemberHistory',
      id: ctx.number('family'),
      status: 'completed',
      relationship: { text: 'mother' },
      condition: list(item.family).map((c) => ({ code: concept(c) })),
      patient: SUBJECT,
    },
  ];
}

/** The FHIR resources of a vignette's chart, the order, and the coverage. */
export interface VignetteResources {
  readonly patient: Resource;
  readonly order: Resource;
  readonly coverage: Resource;
  readonly chart: readonly Resource[];
}

/** Turns a vignette into FHIR resources. @param canonicalBase base of the fact code system, for answers */
export function vignetteToFhir(vignette: Vignette, canonicalBase: string): VignetteResources {
  const order = parseDate(vignette.order.date);
  if (order === undefined) throw new RangeError(`${vignette.id}: the order has no valid date`);
  const counts = new Map<string, number>();
  const number = (type: string): string => {
    const n = (counts.get(type) ?? 0) + 1;
    counts.set(type, n);
    return `${type}-${n}`;
  };
  const ctx: Context = { order: order.lo, canonicalBase, number };
  const chart = vignette.chart.flatMap((item) =>
    resources(item, ctx).map((r): Resource => {
      if (item.stranger !== true) return r;
      const owner = r['subject'] === undefined ? 'patient' : 'subject';
      return { ...r, [owner]: { reference: 'Patient/somebody-else' } };
    }),
  );
  const { born, sex } = vignette.patient;
  return {
    patient: {
      resourceType: 'Patient',
      id: VIGNETTE_PATIENT,
      birthDate: whenToDate(born ?? '1975-06-15', order.lo),
      gender: sex ?? 'female',
    },
    order: {
      resourceType: 'ServiceRequest',
      id: 'order-1',
      status: 'draft',
      intent: 'order',
      code: concept(`cpt ${vignette.order.study}`),
      subject: SUBJECT,
      authoredOn: vignette.order.date,
      ...(vignette.order.service !== undefined && { occurrenceDateTime: whenToDate(vignette.order.service, order.lo) }),
      insurance: [{ reference: 'Coverage/coverage-1' }],
      ...concepts(vignette.order.reasons),
      ...(vignette.order.by === undefined
        ? { requester: { reference: 'Practitioner/orderer' } }
        : { contained: [role(vignette.order.by)], requester: { reference: '#role' } }),
    },
    coverage: {
      resourceType: 'Coverage',
      id: 'coverage-1',
      status: 'active',
      beneficiary: SUBJECT,
      type: {
        coding: [
          {
            system: 'https://nahdo.org/sopt',
            code: { medicare: '111', medicaid: '211', commercial: '511' }[vignette.line],
          },
        ],
      },
      payor: [{ display: vignette.payer }],
    },
    chart,
  };
}
