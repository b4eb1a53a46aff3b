import { type Json, object, objects, text } from './json.ts';

const MOST = 140;

const cut = (words: string): string => (words.length > MOST ? `${words.slice(0, MOST - 1)}…` : words);

/** The words of a CodeableConcept or Coding: its own text, else what a coding displays, else the code. */
export function conceptWords(element: unknown): string | undefined {
  for (const one of objects(element)) {
    const own = text(one['text']) ?? text(one['display']);
    if (own !== undefined && own.trim() !== '') return own;
    const coded = objects(one['coding']);
    const said = coded.flatMap((c) => text(c['display']) ?? [])[0] ?? coded.flatMap((c) => text(c['code']) ?? [])[0];
    if (said !== undefined) return said;
    const code = text(one['code']);
    if (code !== undefined) return code;
  }
  return undefined;
}

const number = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : undefined);

const UNITS: ReadonlyMap<string, string> = new Map([
  ['1', ''],
  ['{score}', ''],
  ['score', ''],
  ['Cel', '°C'],
  ['[degF]', '°F'],
]);

/** A unit as people write it: degrees, nothing for a bare number, UCUM's annotations without their braces. */
const unitWords = (unit: string | undefined): string | undefined =>
  unit === undefined ? undefined : (UNITS.get(unit) ?? unit.replace(/[{}]/g, ''));

function observed(resource: Json): string | undefined {
  const quantity = object(resource['valueQuantity']);
  if (quantity !== undefined)
    return [number(quantity['value']), unitWords(text(quantity['unit']) ?? text(quantity['code']))]
      .filter(Boolean)
      .join(' ');
  if (typeof resource['valueBoolean'] === 'boolean') return resource['valueBoolean'] ? 'yes' : 'no';
  return (
    number(resource['valueInteger']) ??
    conceptWords(resource['valueCodeableConcept']) ??
    text(resource['valueString']) ??
    conceptWords(resource['interpretation'])
  );
}

const withDetail = (words: string | undefined, detail: string | undefined): string | undefined =>
  words === undefined || detail === undefined || detail === '' ? words : `${words}: ${detail}`;

/** Kinds of resources as clinicians call them, one and several. */
const KINDS: Readonly<Record<string, readonly [one: string, several: string]>> = {
  AllergyIntolerance: ['allergy', 'allergies'],
  CarePlan: ['care plan', 'care plans'],
  Condition: ['diagnosis', 'diagnoses'],
  DiagnosticReport: ['report', 'reports'],
  DocumentReference: ['document', 'documents'],
  Encounter: ['visit', 'visits'],
  ExplanationOfBenefit: ['explanation of benefit', 'explanations of benefit'],
  FamilyMemberHistory: ['family history', 'family histories'],
  ImagingStudy: ['imaging study', 'imaging studies'],
  MedicationAdministration: ['drug given', 'drugs given'],
  MedicationDispense: ['drug dispensed', 'drugs dispensed'],
  MedicationRequest: ['prescription', 'prescriptions'],
  MedicationStatement: ['medication', 'medications'],
  QuestionnaireResponse: ['answers', 'answers'],
  ServiceRequest: ['order', 'orders'],
};

const typeOf = (reference: string): string => reference.slice(0, reference.indexOf('/'));

/** The kind of a resource in words, e.g. "diagnosis". @param reference e.g. "Condition/c1" */
export function kindWords(reference: string): string {
  const type = typeOf(reference);
  return KINDS[type]?.[0] ?? type.toLowerCase();
}

/** How many resources there are of each kind, e.g. "2 visits, diagnosis". @param references each resource once */
export function kindsWords(references: readonly string[]): string {
  const kinds = Map.groupBy(references, typeOf);
  return [...kinds]
    .map(([type, all]) => {
      const [one, several] = KINDS[type] ?? [type.toLowerCase(), `${type.toLowerCase()}s`];
      return all.length === 1 ? one : `${all.length} ${several}`;
    })
    .join(', ');
}

/** What a resource is about, in the chart's own words; they are shown as text and nothing else. */
export function resourceWords(resource: Json): string | undefined {
  const code = conceptWords(resource['code']);
  const words = ((): string | undefined => {
    switch (resource['resourceType']) {
      case 'Observation':
        return withDetail(code, observed(resource));
      case 'DiagnosticReport':
        return withDetail(code, conceptWords(resource['conclusionCode']) ?? text(resource['conclusion']));
      case 'Procedure':
        return withDetail(code, conceptWords(resource['outcome']));
      case 'Encounter':
        return withDetail(
          conceptWords(resource['type']) ?? conceptWords(resource['class']) ?? 'Visit',
          conceptWords(resource['reasonCode']),
        );
      case 'MedicationRequest':
      case 'MedicationStatement':
      case 'MedicationDispense':
      case 'MedicationAdministration':
        return (
          conceptWords(resource['medicationCodeableConcept']) ??
          text(object(resource['medicationReference'])?.['display'])
        );
      case 'ServiceRequest':
        return code ?? conceptWords(resource['reasonCode']);
      case 'ImagingStudy':
        return text(resource['description']) ?? conceptWords(resource['procedureCode']);
      case 'Device':
        return conceptWords(resource['type']);
      case 'DocumentReference':
      case 'CarePlan':
        return text(resource['description']) ?? text(resource['title']) ?? conceptWords(resource['type']);
      default:
        return code;
    }
  })();
  return words === undefined || words.trim() === '' ? undefined : cut(words.trim());
}
