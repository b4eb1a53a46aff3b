import { type Json, object, objects, text } from '../../chart/json.ts';
import { conceptWords, resourceWords } from '../../chart/resource-words.ts';
import { type System, systemOf } from '../../terminology/systems.ts';
import type { ChartRow, ChartSection, ReasonRow } from './wire.ts';

const MOST_WORDS = 400;
const cut = (words: string): string => (words.length <= MOST_WORDS ? words : `${words.slice(0, MOST_WORDS - 1)}…`);

/** Members that date a resource, the most telling first. */
const DATES = [
  'effectiveDateTime',
  'effectiveInstant',
  'performedDateTime',
  'authoredOn',
  'authored',
  'started',
  'occurrenceDateTime',
  'recordedDate',
  'onsetDateTime',
  'dateAsserted',
  'issued',
  'date',
];
const PERIODS = ['effectivePeriod', 'performedPeriod', 'period', 'onsetPeriod', 'occurrencePeriod'];

/** The day by which a chart orders a resource, e.g. "2026-03-02". */
function dateOf(resource: Json): string | undefined {
  for (const name of DATES) {
    const value = text(resource[name]);
    if (value !== undefined) return value.slice(0, 10);
  }
  for (const name of PERIODS) {
    const period = object(resource[name]);
    const value = text(period?.['start']) ?? text(period?.['end']);
    if (value !== undefined) return value.slice(0, 10);
  }
  return undefined;
}

/** Code systems that an order may give reasons in. */
const REASON_SYSTEMS: Readonly<Partial<Record<System, string>>> = { icd10cm: 'ICD-10-CM', snomed: 'SNOMED CT' };

/** A coding as a reason of an order. */
function reasonOf(resource: Json): ReasonRow | undefined {
  for (const coding of objects(object(resource['code'])?.['coding'])) {
    const [system, code] = [text(coding['system']) ?? '', text(coding['code'])];
    const known = systemOf(system);
    const hint = known === undefined ? undefined : REASON_SYSTEMS[known];
    if (code === undefined || hint === undefined) continue;
    return { system, code, hint, label: text(coding['display']) ?? conceptWords(resource['code']) ?? code };
  }
  return undefined;
}

const codeOf = (element: unknown): string | undefined =>
  objects(object(element)?.['coding']).flatMap((c) => text(c['code']) ?? [])[0];

const stateOf = (resource: Json, name: string): string | undefined => {
  const words = conceptWords(resource[name]);
  return words === 'active' || words === 'confirmed' ? undefined : words;
};

const spanOf = (resource: Json, name: string): string | undefined => {
  const end = text(object(resource[name])?.['end']);
  return end === undefined ? undefined : `to ${end.slice(0, 10)}`;
};

function answers(resource: Json): string | undefined {
  const items = (of: Json): readonly Json[] => [of, ...objects(of['item']).flatMap(items)];
  const told = items(resource).flatMap((item) => {
    const [answer] = objects(item['answer']);
    const value =
      answer === undefined ? undefined : Object.entries(answer).find(([name]) => name.startsWith('value'))?.[1];
    if (value === undefined) return [];
    const words = conceptWords(value) ?? (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value));
    return [`${text(item['text']) ?? text(item['linkId']) ?? ''} ${words}`];
  });
  return told.length === 0 ? undefined : told.join('; ');
}

/** What a row says beside its words. */
function details(resource: Json): readonly (string | undefined)[] {
  const status = text(resource['status']);
  switch (resource['resourceType']) {
    case 'Condition':
      return [
        codeOf(resource['code']),
        stateOf(resource, 'verificationStatus'),
        stateOf(resource, 'clinicalStatus'),
        text(resource['onsetDateTime']) === undefined ? undefined : `since ${text(resource['onsetDateTime'])}`,
      ];
    case 'Encounter':
      return [codeOf({ coding: [object(resource['class']) ?? {}] }), status === 'finished' ? undefined : status];
    case 'Procedure':
      return [
        codeOf(resource['code']),
        status === 'completed' ? undefined : status,
        spanOf(resource, 'performedPeriod'),
      ];
    case 'DiagnosticReport':
      return [
        codeOf(resource['code']),
        // the words tell the coded conclusion, else this one
        resource['conclusionCode'] === undefined ? undefined : text(resource['conclusion']),
        status === 'final' ? undefined : status,
      ];
    case 'MedicationRequest':
      return [text(objects(resource['dosageInstruction'])[0]?.['text']), status];
    case 'ServiceRequest':
      return [codeOf(resource['code']), text(resource['intent']), status];
    case 'QuestionnaireResponse':
      return [answers(resource)];
    case 'FamilyMemberHistory':
      return [objects(resource['condition']).flatMap((c) => conceptWords(c['code']) ?? [])[0]];
    case 'Observation':
      return [status === 'final' ? undefined : status];
    default:
      return [codeOf(resource['code']), status];
  }
}

/** The words of types whose words are not those of a code. */
function wordsOf(resource: Json): string {
  if (resource['resourceType'] === 'QuestionnaireResponse') return 'Answers from a worksheet';
  if (resource['resourceType'] === 'Immunization') return conceptWords(resource['vaccineCode']) ?? 'Immunization';
  if (resource['resourceType'] === 'FamilyMemberHistory')
    return `Family history: ${conceptWords(resource['relationship']) ?? 'a relative'}`;
  return resourceWords(resource) ?? 'Without words';
}

/** A resource in one row. */
function rowOf(resource: Json): ChartRow {
  const detail = details(resource)
    .filter((d) => d !== undefined && d !== '')
    .join(' · ');
  const date = dateOf(resource);
  const present = resource['resourceType'] === 'Condition' && stateOf(resource, 'clinicalStatus') === undefined;
  const reason = present ? reasonOf(resource) : undefined;
  return {
    ref: `${text(resource['resourceType'])}/${text(resource['id'])}`,
    words: cut(wordsOf(resource)),
    ...(date !== undefined && { date }),
    ...(detail !== '' && { detail: cut(detail) }),
    ...(reason !== undefined && { reason }),
  };
}

/** Which part of a chart shows a resource that is told by its category. */
function shelfOf(resource: Json): 'laboratory' | 'vital-signs' | 'social-history' | 'other' {
  const codes = objects(resource['category']).flatMap((c) => objects(c['coding']).map((coding) => coding['code']));
  if (codes.includes('laboratory') || codes.includes('LAB')) return 'laboratory';
  if (codes.includes('vital-signs')) return 'vital-signs';
  return codes.includes('social-history') ? 'social-history' : 'other';
}

const always = (): boolean => true;
const onShelf =
  (shelf: ReturnType<typeof shelfOf>) =>
  (resource: Json): boolean =>
    shelfOf(resource) === shelf;

interface Kind {
  readonly title: string;
  readonly types: readonly string[];
  readonly fits: (resource: Json) => boolean;
}

/** The parts of a chart, in the order in which one reads it. */
const KINDS: readonly Kind[] = [
  { title: 'Problems', types: ['Condition'], fits: always },
  { title: 'Visits', types: ['Encounter'], fits: always },
  { title: 'Findings', types: ['Observation'], fits: onShelf('other') },
  { title: 'Imaging and tests', types: ['DiagnosticReport', 'ImagingStudy'], fits: onShelf('other') },
  { title: 'Procedures and therapy', types: ['Procedure'], fits: always },
  {
    title: 'Medications',
    types: ['MedicationRequest', 'MedicationStatement', 'MedicationDispense', 'MedicationAdministration'],
    fits: always,
  },
  { title: 'Orders and referrals', types: ['ServiceRequest'], fits: always },
  { title: 'Answers from worksheets', types: ['QuestionnaireResponse'], fits: always },
  { title: 'Allergies', types: ['AllergyIntolerance'], fits: always },
  { title: 'Vital signs', types: ['Observation'], fits: onShelf('vital-signs') },
  { title: 'Laboratory', types: ['Observation', 'DiagnosticReport'], fits: onShelf('laboratory') },
  { title: 'Social history', types: ['Observation'], fits: onShelf('social-history') },
  { title: 'Devices', types: ['Device'], fits: always },
  { title: 'Family history', types: ['FamilyMemberHistory'], fits: always },
  { title: 'Immunizations', types: ['Immunization'], fits: always },
];

/** The resource types that a chart shows. */
export const CHART_TYPES: readonly string[] = [...new Set(KINDS.flatMap((k) => k.types))];

const newestFirst = (a: ChartRow, b: ChartRow): number => (b.date ?? '').localeCompare(a.date ?? '');

/**
 * The parts of a chart that hold anything, each newest first.
 * @param problems of types that could not be read whole, in words
 */
export function chartSections(
  resources: readonly Json[],
  problems: ReadonlyMap<string, string> = new Map(),
): readonly ChartSection[] {
  return KINDS.flatMap(({ title, types, fits }) => {
    const own = resources.filter((r) => types.includes(text(r['resourceType']) ?? '') && fits(r));
    const problem = types.flatMap((t) => problems.get(t) ?? [])[0];
    if (own.length === 0 && problem === undefined) return [];
    return [{ title, rows: own.map(rowOf).sort(newestFirst), ...(problem !== undefined && { problem }) }];
  });
}

const LINES: Readonly<Record<string, string>> = {
  '1': 'Medicare',
  '2': 'Medicaid',
  '5': 'commercial',
  '6': 'commercial',
};

/** A Coverage in words: payer, line of business, plan. @param organizationOf finds a payer that is only referred to */
export function coverageWords(coverage: Json, organizationOf: (reference: string) => Json | undefined): string {
  const [payor] = objects(coverage['payor']);
  const reference = text(payor?.['reference']) ?? '';
  const contained = objects(coverage['contained']).find((c) => `#${text(c['id'])}` === reference);
  const payer =
    text(contained?.['name']) ??
    text(organizationOf(reference)?.['name']) ??
    text(payor?.['display']) ??
    'payer not named';
  const line = LINES[codeOf(coverage['type'])?.charAt(0) ?? ''] ?? conceptWords(coverage['type']);
  const plans = objects(coverage['class']).flatMap((c) => text(c['name']) ?? text(c['value']) ?? []);
  const status = text(coverage['status']);
  return [payer, line, ...plans, status === 'active' ? undefined : status].filter((p) => p !== undefined).join(' · ');
}
