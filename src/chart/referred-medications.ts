import type { FhirAccess } from '../ehr/fhir-access.ts';
import { isObject, type Json, object, text } from './json.ts';
import { localReference, type PatientScope } from './references.ts';
import type { RetrievedSection, Section } from './sections.ts';

/** So many Medications are read one by one, those of the latest entries first. */
const MOST_READS = 30;
const DRUGS: readonly Section[] = [
  'MedicationRequest',
  'MedicationStatement',
  'MedicationDispense',
  'MedicationAdministration',
];
/** Where an entry says when it was. */
const DAYS = ['authoredOn', 'whenHandedOver', 'whenPrepared', 'effectiveDateTime'];
const VOID = new Set<unknown>(['entered-in-error', 'cancelled']);

/** An entry of this patient that names its drug by a Medication of its own. */
interface Referring {
  readonly section: Section;
  /** undefined for a Medication of another server, or one that no reference leads to */
  readonly id: string | undefined;
  readonly day: string;
}

function referring(section: Section, entry: unknown, scope: PatientScope, base: string | undefined): Referring[] {
  if (!isObject(entry) || entry['medicationCodeableConcept'] !== undefined) return [];
  if (VOID.has(entry['status']) || !scope.includes(object(entry['subject']))) return [];
  const reference = object(entry['medicationReference']);
  if (reference === undefined || text(reference['reference'])?.startsWith('#')) return [];
  const named = localReference(reference, base);
  const period = object(entry['effectivePeriod']);
  const day = DAYS.map((name) => text(entry[name])).find((d) => d !== undefined) ?? text(period?.['start']) ?? '';
  return [{ section, id: named?.type === 'Medication' ? named.id : undefined, day }];
}

/** The Medications that came with the sections, by id. */
function brought(sections: ReadonlyMap<Section, RetrievedSection>): Set<string | undefined> {
  const ids = new Set<string | undefined>();
  for (const { resources } of sections.values())
    for (const r of resources) if (isObject(r) && r['resourceType'] === 'Medication') ids.add(text(r['id']));
  ids.delete(undefined);
  return ids;
}

async function readAll(ids: readonly string[], fhir: FhirAccess): Promise<readonly Json[]> {
  const read = await Promise.all(ids.map(async (id) => ({ id, answer: await fhir.read('Medication', id) })));
  return read.flatMap(({ id, answer }) => (answer.ok && answer.value['id'] === id ? [answer.value] : []));
}

/**
 * Adds the Medications that prescriptions, statements, dispenses and administrations refer to and that did not come with them: read all at once where the
 * call grants access, a bounded number, from this server alone. A section in which a drug stays unknown was not seen whole: a
 * drug that was not seen is not "no drug". Nothing is asked where every drug is known.
 * @param base the FHIR base URL that relative references belong to
 */
export async function withReferredMedications(
  sections: ReadonlyMap<Section, RetrievedSection>,
  scope: PatientScope,
  base: string | undefined,
  fhir: FhirAccess | undefined,
): Promise<ReadonlyMap<Section, RetrievedSection>> {
  const entries = DRUGS.flatMap((section) =>
    (sections.get(section)?.resources ?? []).flatMap((entry) => referring(section, entry, scope, base)),
  );
  if (entries.length === 0) return sections;
  const known = brought(sections);
  const latest = entries.filter((e) => !known.has(e.id)).sort((a, b) => b.day.localeCompare(a.day));
  const lacking = [...new Set(latest.flatMap((e) => e.id ?? []))].slice(0, MOST_READS);
  const read = fhir === undefined ? [] : await readAll(lacking, fhir);
  for (const { id } of read) known.add(text(id));
  const out = new Map(sections);
  for (const name of new Set(latest.map((e) => e.section))) {
    const { state, resources } = sections.get(name) ?? { state: 'not-available', resources: [] };
    const unseen = latest.some((e) => e.section === name && !known.has(e.id));
    out.set(name, {
      state: unseen && state === 'complete' ? 'truncated' : state,
      resources: [...resources, ...read],
    });
  }
  return out;
}
