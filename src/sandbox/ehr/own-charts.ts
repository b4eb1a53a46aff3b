import { type Json, objects, text } from '../../chart/json.ts';
import type { Day } from '../../dates/day.ts';
import type { ChartResource } from '../charts/chart-context.ts';
import { coding } from '../charts/codes.ts';
import type { PatientInput } from '../charts/schema.ts';
import { type FhirStore, type NewResource, owner } from '../fhir/store.ts';
import { CHART_TYPES, chartSections, coverageWords } from './chart-rows.ts';
import type { ChartSource, OwnCharts } from './chart-source.ts';
import { patientRow } from './person-words.ts';
import type { ChartView, PatientRow, PersonRow, ReasonRow, TryRow } from './wire.ts';

const MOST = 50;

const folded = (words: string): string => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const HINTS: Readonly<Record<string, string>> = { icd: 'ICD-10-CM', snomed: 'SNOMED CT' };

/** "icd M54.16 Lumbar radiculopathy" as a reason. */
function reasonRow(code: string): ReasonRow {
  const { system, code: value, display } = coding(code);
  return {
    system: String(system),
    code: String(value),
    label: String(display ?? value),
    hint: HINTS[code.split(' ', 1)[0] ?? ''] ?? '',
  };
}

const tryRow = ({ order }: PatientInput['tries'][number]): TryRow => ({
  study: { code: order.study, label: order.label },
  reasons: (order.reasons ?? []).map(reasonRow),
});

/** The charts of the sandbox's own store. */
export class StoredCharts implements ChartSource {
  readonly #store: FhirStore;
  readonly #stories: ReadonlyMap<string, PatientInput>;
  readonly #atStart: ReadonlyMap<string, readonly ChartResource[]>;
  readonly #today: Day;
  readonly own: OwnCharts;

  /** @param resources of the charts as they were loaded */
  constructor(store: FhirStore, patients: readonly PatientInput[], resources: readonly ChartResource[], today: Day) {
    this.#store = store;
    this.#stories = new Map(patients.map((p) => [p.id, p]));
    this.#atStart = Map.groupBy(resources, (r) => patientOf(r) ?? '');
    this.#today = today;
    this.own = {
      sign: (order) => void store.put({ ...order, resourceType: 'ServiceRequest' }),
      restore: (id) => this.#restore(id),
    };
  }

  patients(words: string): Promise<readonly PatientRow[]> {
    const wanted = folded(words).split(/\s+/).filter(Boolean);
    const rows = [...this.#store.all('Patient')].map((r) => this.#row(r));
    const fits = (row: PatientRow): boolean => {
      const all = folded(
        `${row.id} ${row.name} ${row.sex ?? ''} ${row.birthDate ?? ''} ${row.line ?? ''} ${row.story ?? ''}`,
      );
      return wanted.every((w) => all.includes(w));
    };
    return Promise.resolve(rows.filter(fits).slice(0, MOST));
  }

  patient(id: string): Promise<PatientRow | undefined> {
    const found = this.#store.read('Patient', id);
    return Promise.resolve(found === undefined ? undefined : this.#row(found));
  }

  practitioners(): Promise<readonly PersonRow[]> {
    const specialties = new Map(
      [...this.#store.all('PractitionerRole')].map((r) => [
        text((r['practitioner'] as Json | undefined)?.['reference']) ?? '',
        text(objects(r['specialty'])[0]?.['text']),
      ]),
    );
    const rows = [...this.#store.all('Practitioner')].map((r): PersonRow => {
      const words = specialties.get(`Practitioner/${r.id}`);
      return { id: r.id, name: patientRow(r, this.#today).name, ...(words !== undefined && { words }) };
    });
    return Promise.resolve(rows);
  }

  chart(patientId: string): Promise<ChartView | undefined> {
    const patient = this.#store.read('Patient', patientId);
    if (patient === undefined) return Promise.resolve(undefined);
    const organization = (reference: string): Json | undefined =>
      this.#store.read('Organization', reference.split('/')[1] ?? '');
    return Promise.resolve({
      patient: this.#row(patient),
      coverage: [...this.#store.ofPatient('Coverage', patientId)].map((c) => coverageWords(c, organization)),
      tries: (this.#stories.get(patientId)?.tries ?? []).map(tryRow),
      sections: chartSections(CHART_TYPES.flatMap((type) => [...this.#store.ofPatient(type, patientId)])),
    });
  }

  resource(patientId: string, type: string, id: string): Promise<Json | undefined> {
    const found = this.#store.read(type, id);
    return Promise.resolve(found !== undefined && patientOf(found) === patientId ? found : undefined);
  }

  #row(patient: Json): PatientRow {
    const told = this.#stories.get(text(patient['id']) ?? '');
    return patientRow(patient, this.#today, told === undefined ? {} : { line: told.line, story: told.story });
  }

  #restore(patientId: string): void {
    const before = this.#atStart.get(patientId);
    if (before === undefined) return;
    this.#store.atomically(() => {
      this.#store.forgetPatient(patientId);
      for (const resource of before) this.#store.put(resource);
    });
  }
}

/** Whose resource it is. */
function patientOf(resource: NewResource): string | undefined {
  if (resource.resourceType === 'Patient') return text(resource['id']);
  return /^Patient\/([^/]+)$/.exec(text(owner(resource)?.['reference']) ?? '')?.[1];
}
