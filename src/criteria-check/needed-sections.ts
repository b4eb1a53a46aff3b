import type { Section } from '../chart/sections.ts';
import { queriesOf } from '../policy/compiled-policy.ts';
import type { Knowledge } from './knowledge.ts';

/** Read whatever the policies ask: the episode, treatments, answers and the orderer's specialty. */
const ALWAYS: readonly Section[] = [
  'Condition',
  'Procedure',
  'Encounter',
  'ServiceRequest',
  'MedicationRequest',
  'MedicationStatement',
  'MedicationDispense',
  'MedicationAdministration',
  'DiagnosticReport',
  'QuestionnaireResponse',
  'PractitionerRole',
  'FamilyMemberHistory',
];

/** The sections of a chart that the loaded policies read. */
export function neededSections(knowledge: Knowledge): ReadonlySet<Section> {
  const facts = new Set<string>();
  const visit = (id: string): void => {
    if (facts.has(id)) return;
    facts.add(id);
    const fact = knowledge.vocabulary.facts.get(id);
    for (const part of [...(fact?.any ?? []), ...(fact?.all ?? [])]) visit(part);
  };
  for (const policy of knowledge.policies.policies) {
    for (const query of policy.atoms.flatMap(queriesOf)) visit(query.fact);
  }
  for (const urgent of knowledge.vocabulary.urgent) visit(urgent.fact);
  const sections = [...facts].flatMap((id) => knowledge.vocabulary.plan(id).sections);
  return new Set([...ALWAYS, ...sections]);
}
