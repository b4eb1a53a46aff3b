import { buildChart } from '../../src/chart/chart.ts';
import { SECTIONS, type Section } from '../../src/chart/sections.ts';
import { parseDate } from '../../src/dates/day.ts';
import { FactEngine } from '../../src/facts/fact-engine.ts';
import { FactsFile } from '../../src/facts/schema.ts';
import { Vocabulary } from '../../src/facts/vocabulary.ts';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { CANONICAL_BASE, checker } from './knowledge.ts';

const EPISODE = `
episode:
  complaints: { axial: [spinal-pain], radicular: [radiculopathy] }
  therapies: [physical-therapy]
  drugs: [analgesic]
  visit-reasons: [spine-visit-reason]
  not-a-gap: 90 days
`;

/** The patient that every resource of these tests is about. */
export const SUBJECT = { reference: 'Patient/p1' };

/** A CodeableConcept. @param code e.g. "cpt 72148" */
export const concept = (code: string): unknown => {
  const [system, value] = code.split(' ') as [string, string];
  const uri = {
    cpt: 'http://www.ama-assn.org/go/cpt',
    icd: 'http://hl7.org/fhir/sid/icd-10-cm',
    snomed: 'http://snomed.info/sct',
    loinc: 'http://loinc.org',
    mrsafety: 'urn:oid:2.16.840.1.113883.3.26.1.1',
  }[system];
  return { coding: [{ system: uri, code: value }] };
};

/** A FHIR resource; id and subject are filled in. */
export type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string };

/**
 * Asks one fact, written as in `policies/facts`, of a few resources on 2026-03-02.
 * @param evidence YAML of the fact's members below its question, e.g. `evidence: [{ finding: { codes: [fever] } }]`
 */
export function ask(evidence: string, resources: readonly Resource[], query: Partial<FactQuery> = {}): FactValue {
  const { knowledge, canonical } = checker();
  const indented = evidence.trim().replace(/^/gm, '    ');
  const yaml = `facts:\n  asked:\n    label: asked\n    ask: Asked?\n${indented}\n  event:\n    label: event\n    ask: Event?\n    evidence: [{ imaging: { modality: [mri] } }]\n${EPISODE}`;
  const file = parseYaml('facts.yaml', yaml, FactsFile).data;
  if (file.episode === undefined) throw new RangeError('no episode');
  const vocabulary = new Vocabulary(new Map(Object.entries(file.facts)), file.episode, knowledge.codes);
  const own = resources.map((r, i) => ({ id: `r${i + 1}`, subject: SUBJECT, ...r }));
  const sections = new Map(
    SECTIONS.map((s: Section) => [
      s,
      { state: 'complete' as const, resources: own.filter((r) => r.resourceType === s) },
    ]),
  );
  const chart = buildChart(
    { patient: { birthDate: '1970-01-01' }, patientId: 'p1', base: CANONICAL_BASE, sections },
    knowledge.codes,
    knowledge.studies,
    canonical,
  );
  const asOf = parseDate('2026-03-02') ?? { lo: 0, hi: 0 };
  return new FactEngine(chart, vocabulary, asOf, asOf.hi).fact({
    fact: 'asked',
    certainty: 'known',
    region: 'lumbar',
    strictRegion: false,
    ...query,
  });
}
