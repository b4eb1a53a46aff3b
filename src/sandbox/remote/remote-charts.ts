import { isObject, type Json, objects, text } from '../../chart/json.ts';
import { EHR_ID, parseReference } from '../../chart/references.ts';
import type { Day } from '../../dates/day.ts';
import { matches, nextLink } from '../../ehr/fhir-access.ts';
import { CHART_TYPES, chartSections, coverageWords } from '../ehr/chart-rows.ts';
import { type ChartSource, ChartUnavailable } from '../ehr/chart-source.ts';
import { patientRow } from '../ehr/person-words.ts';
import type { ChartView, PatientRow, PersonRow } from '../ehr/wire.ts';
import { isShown } from '../fhir/patient-view.ts';
import { FhirProblem } from '../fhir/problem.ts';
import type { RemoteFhir } from './remote-fhir.ts';

const MOST_LISTED = '20';
const PAGE = '200';
const MOST_PAGES = 3;
const MOST_PAYERS = 5;
const MOST_KNOWN = 500;
const CATEGORIES = 'laboratory,vital-signs,survey,exam,imaging,procedure,therapy,activity,social-history';
const NOTHING: ReadonlySet<string> = new Set();

interface Found {
  readonly resources: readonly Json[];
  /** why it is not whole */
  readonly problem?: string;
}

/** Charts of a FHIR server that is not ours: read, never written. */
export class RemoteCharts implements ChartSource {
  readonly #remote: RemoteFhir;
  readonly #today: Day;
  readonly #known = new Map<string, PatientRow>();

  constructor(remote: RemoteFhir, today: Day) {
    this.#remote = remote;
    this.#today = today;
  }

  async patients(words: string): Promise<readonly PatientRow[]> {
    const wanted = words.trim();
    const query = new URLSearchParams({ _count: MOST_LISTED, ...(wanted !== '' && { name: wanted }) });
    const [named, own] = await Promise.all([
      this.#searchOnce(`/Patient?${query}`),
      EHR_ID.test(wanted) ? this.#read('Patient', wanted) : undefined,
    ]);
    const rows = [...(own === undefined ? [] : [own]), ...named]
      .filter((r) => r['resourceType'] === 'Patient')
      .map((r) => patientRow(r, this.#today));
    return [...new Map(rows.map((row) => [row.id, row])).values()];
  }

  async patient(id: string): Promise<PatientRow | undefined> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const found = await this.#read('Patient', id);
    if (found === undefined) return undefined;
    const row = patientRow(found, this.#today);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(id, row);
    return row;
  }

  /** Who may order; somebody, when the server names nobody. */
  async practitioners(): Promise<readonly PersonRow[]> {
    const found = await this.#searchOnce(`/Practitioner?_count=${MOST_LISTED}`).catch(() => []);
    const rows = found
      .filter((r) => r['resourceType'] === 'Practitioner')
      .map((r) => ({ id: text(r['id']) ?? '', name: patientRow(r, this.#today).name }))
      .filter((p) => EHR_ID.test(p.id));
    return rows.length > 0 ? rows : [{ id: 'sandbox', name: 'A clinician of the sandbox' }];
  }

  async chart(patientId: string): Promise<ChartView | undefined> {
    const patient = await this.#read('Patient', patientId);
    if (patient === undefined) return undefined;
    const [coverages, ...parts] = await Promise.all([
      this.#all('Coverage', patientId),
      ...CHART_TYPES.map((type) => this.#all(type, patientId)),
    ]);
    const organizations = await this.#payers(coverages.resources);
    const problems = CHART_TYPES.flatMap((type, i) => {
      const problem = parts[i]?.problem;
      return problem === undefined ? [] : [[type, problem] as const];
    });
    const covered = coverages.resources.filter((r) => r['resourceType'] === 'Coverage');
    return {
      patient: patientRow(patient, this.#today),
      coverage: [
        ...covered.map((c) => coverageWords(c, (reference) => organizations.get(reference))),
        ...(coverages.problem === undefined ? [] : [coverages.problem]),
      ],
      tries: [],
      sections: chartSections(
        parts.flatMap((p) => p.resources),
        new Map(problems),
      ),
    };
  }

  async resource(patientId: string, type: string, id: string): Promise<Json | undefined> {
    const found = await this.#read(type, id);
    const resourceType = text(found?.['resourceType']);
    if (found === undefined || resourceType === undefined) return undefined;
    return isShown({ ...found, resourceType }, patientId, NOTHING) ? found : undefined;
  }

  /** The payers that coverages refer to. */
  async #payers(coverages: readonly Json[]): Promise<ReadonlyMap<string, Json>> {
    const references = coverages.flatMap((c) => objects(c['payor']).flatMap((p) => text(p['reference']) ?? []));
    const read = await Promise.all(
      [...new Set(references)].slice(0, MOST_PAYERS).map(async (reference) => {
        const parsed = parseReference(reference);
        if (parsed?.type !== 'Organization') return [];
        const found = await this.#read('Organization', parsed.id).catch(() => undefined);
        return found === undefined ? [] : [[reference, found] as const];
      }),
    );
    return new Map(read.flat());
  }

  /** @throws ChartUnavailable when the server does not answer as a FHIR server does */
  async #read(type: string, id: string): Promise<Json | undefined> {
    if (!EHR_ID.test(id)) return undefined;
    const { status, body } = await this.#call(`/${type}/${id}`);
    if (status === 404 || status === 410 || status === 400) return undefined;
    if (status !== 200) throw new ChartUnavailable(answeredWith(status));
    return body?.['resourceType'] === type ? body : undefined;
  }

  /** The first page of a search. @throws ChartUnavailable */
  async #searchOnce(path: string): Promise<readonly Json[]> {
    const { status, body } = await this.#call(path);
    if (status !== 200 || !isObject(body)) throw new ChartUnavailable(answeredWith(status));
    return matches(body);
  }

  /** A patient's resources of a type, within bounds. A failure is said, and leaves the rest of the chart readable. */
  async #all(type: string, patient: string): Promise<Found> {
    const query = { patient, ...(type === 'Observation' && { category: CATEGORIES }), _count: PAGE };
    const resources: Json[] = [];
    let path: string | undefined = `/${type}?${new URLSearchParams(query)}`;
    for (let pages = 0; path !== undefined; pages++) {
      if (pages >= MOST_PAGES) return { resources, problem: `Only the first ${resources.length} are shown.` };
      let answer: Awaited<ReturnType<RemoteFhir['call']>>;
      try {
        answer = await this.#call(path);
      } catch (error) {
        return { resources, problem: error instanceof Error ? error.message : 'Not read.' };
      }
      if (answer.status !== 200 || answer.body?.['resourceType'] !== 'Bundle')
        return { resources, problem: answeredWith(answer.status) };
      resources.push(...matches(answer.body));
      const next = nextLink(answer.body);
      path = next === undefined ? undefined : this.#ownPath(next);
      if (next !== undefined && path === undefined)
        return { resources, problem: 'There is more on a page that leads out of the FHIR base.' };
    }
    return { resources };
  }

  #ownPath(link: string): string | undefined {
    const { base } = this.#remote;
    return link.startsWith(`${base}/`) || link.startsWith(`${base}?`) ? link.slice(base.length) : undefined;
  }

  async #call(path: string): ReturnType<RemoteFhir['call']> {
    try {
      return await this.#remote.call(path);
    } catch (error) {
      if (error instanceof FhirProblem) throw new ChartUnavailable(`${error.message}.`.replace(/^t/, 'T'));
      throw error;
    }
  }
}

const answeredWith = (status: number): string => `The FHIR server answered ${status}.`;
