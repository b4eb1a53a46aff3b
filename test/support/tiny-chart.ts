import { buildChart, type Chart, type ChartInput } from '../../src/chart/chart.ts';
import type { ChartRecord } from '../../src/chart/records.ts';
import { SECTIONS, type Section, type SectionState } from '../../src/chart/sections.ts';
import { parseDate } from '../../src/dates/day.ts';
import { CANONICAL_BASE, checker } from './knowledge.ts';

/** The patient that every resource of these tests is about. */
export const SUBJECT = { reference: 'Patient/p1' };

const URIS: Readonly<Record<string, string>> = {
  cpt: 'http://www.ama-assn.org/go/cpt',
  icd: 'http://hl7.org/fhir/sid/icd-10-cm',
  snomed: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  nucc: 'http://nucc.org/provider-taxonomy',
  mrsafety: 'urn:oid:2.16.840.1.113883.3.26.1.1',
};

/** A CodeableConcept. @param code e.g. "cpt 72148" */
export const concept = (code: string): { readonly coding: readonly Readonly<Record<string, unknown>>[] } => {
  const [system, value] = code.split(' ') as [string, string];
  return { coding: [{ system: URIS[system], code: value }] };
};

/** A FHIR resource; id and subject are filled in. */
export type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string };

export interface ChartOptions {
  readonly order?: Readonly<Record<string, unknown>>;
  readonly orderDate?: string;
  readonly patient?: unknown;
  readonly states?: Readonly<Partial<Record<Section, SectionState>>>;
}

/** Builds the chart of Patient/p1 from a few resources. Those of a type that is no section are sent along with the first section. */
export function chartOf(resources: readonly unknown[], options: ChartOptions = {}): Chart {
  const { knowledge, canonical } = checker();
  const typeOf = (r: unknown): unknown => (r as { resourceType?: unknown } | null | undefined)?.resourceType;
  const others = resources.filter((r) => !(SECTIONS as readonly unknown[]).includes(typeOf(r)));
  const sections: ChartInput['sections'] = new Map(
    SECTIONS.map((s, i) => [
      s,
      {
        state: options.states?.[s] ?? 'complete',
        resources: [...resources.filter((r) => typeOf(r) === s), ...(i === 0 ? others : [])],
      },
    ]),
  );
  const { order } = options;
  const date = parseDate(options.orderDate ?? '2026-03-02');
  return buildChart(
    {
      patient: options.patient ?? { birthDate: '1970-01-01' },
      patientId: 'p1',
      base: CANONICAL_BASE,
      sections,
      ...(order !== undefined &&
        date !== undefined && { order: { ref: 'ServiceRequest/order-1', resource: order, date } }),
    },
    knowledge.codes,
    knowledge.studies,
    canonical,
  );
}

/** Fills in id and subject of resources that lack them: "r1", "r2" ... */
export const named = (resources: readonly Resource[]): readonly Resource[] =>
  resources.map((r, i) => ({ id: `r${i + 1}`, subject: SUBJECT, ...r }));

/** The records of a chart that a code set finds. */
export const found = (chart: Chart, set: string): readonly ChartRecord[] =>
  chart.bySet(checker().knowledge.codes.number(set));
