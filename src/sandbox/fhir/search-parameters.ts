import { isObject, type Json } from '../../chart/json.ts';

type ParameterType = 'token' | 'reference' | 'date' | 'string' | 'uri';

/** A search parameter of a resource type: how it compares, and where its values stand. */
export interface SearchParameter {
  readonly type: ParameterType;
  /** the only type of resource that it may refer to */
  readonly target?: string;
  /** the values stand in the element by which the store knows whose resource it is */
  readonly owner: boolean;
  readonly values: (resource: Json) => readonly unknown[];
}

type Parameters = Readonly<Record<string, SearchParameter>>;

/** The values at a path such as "participant.individual"; lists are looked through. */
function valuesAt(value: unknown, path: readonly string[], out: unknown[]): void {
  if (Array.isArray(value)) for (const v of value) valuesAt(v, path, out);
  else if (path.length === 0) {
    if (value !== undefined && value !== null) out.push(value);
  } else if (isObject(value)) valuesAt(value[path[0] ?? ''], path.slice(1), out);
}

const OWNERS = new Set(['subject', 'patient', 'beneficiary']);

function parameter(type: ParameterType, paths: readonly string[], target?: string): SearchParameter {
  const split = paths.map((p) => p.split('.'));
  const values = (resource: Json): readonly unknown[] => {
    const out: unknown[] = [];
    for (const path of split) valuesAt(resource, path, out);
    return out;
  };
  const owner = paths.length === 1 && OWNERS.has(paths[0] ?? '');
  return { type, owner, values, ...(target !== undefined && { target }) };
}

const token = (...paths: string[]): SearchParameter => parameter('token', paths);
const date = (...paths: string[]): SearchParameter => parameter('date', paths);
const string = (...paths: string[]): SearchParameter => parameter('string', paths);
const uri = (...paths: string[]): SearchParameter => parameter('uri', paths);
const reference = (...paths: string[]): SearchParameter => parameter('reference', paths);
const patient = (path: string): SearchParameter => parameter('reference', [path], 'Patient');

/** Parameters of every type. */
const COMMON: Parameters = {
  _id: token('id'),
  _lastUpdated: date('meta.lastUpdated'),
  _profile: uri('meta.profile'),
  _tag: token('meta.tag'),
  identifier: token('identifier'),
};
const ofSubject: Parameters = { patient: patient('subject'), subject: reference('subject') };
const ofPatient: Parameters = { patient: patient('patient') };
const person: Parameters = {
  name: string('name.family', 'name.given', 'name.prefix', 'name.suffix', 'name.text'),
  family: string('name.family'),
  given: string('name.given'),
  gender: token('gender'),
  active: token('active'),
  phone: token('telecom'),
  email: token('telecom'),
  telecom: token('telecom'),
  address: string('address.line', 'address.city', 'address.state', 'address.postalCode', 'address.text'),
};
const published: Parameters = {
  url: uri('url'),
  name: string('name'),
  title: string('title'),
  version: token('version'),
  status: token('status'),
};
const status: Parameters = { status: token('status') };
const claim: Parameters = {
  ...ofPatient,
  ...status,
  created: date('created'),
  use: token('use'),
  provider: reference('provider'),
  insurer: reference('insurer'),
  encounter: reference('item.encounter'),
};

/** What can be searched, by resource type. A type that is not here does not exist on this server. */
const TYPES: Readonly<Record<string, Parameters>> = {
  Patient: { ...person, birthdate: date('birthDate'), 'general-practitioner': reference('generalPractitioner') },
  Practitioner: { ...person },
  PractitionerRole: {
    practitioner: parameter('reference', ['practitioner'], 'Practitioner'),
    organization: parameter('reference', ['organization'], 'Organization'),
    specialty: token('specialty'),
    role: token('code'),
    active: token('active'),
  },
  RelatedPerson: { ...person, ...ofPatient },
  Organization: { name: string('name', 'alias'), active: token('active'), type: token('type') },
  Location: { name: string('name', 'alias'), status: token('status') },
  Coverage: {
    patient: patient('beneficiary'),
    beneficiary: patient('beneficiary'),
    payor: reference('payor'),
    status: token('status'),
    type: token('type'),
    'class-type': token('class.type'),
    'class-value': string('class.value'),
  },
  Condition: {
    ...ofSubject,
    code: token('code'),
    category: token('category'),
    'clinical-status': token('clinicalStatus'),
    'verification-status': token('verificationStatus'),
    'onset-date': date('onsetDateTime', 'onsetPeriod'),
    'abatement-date': date('abatementDateTime', 'abatementPeriod'),
    'recorded-date': date('recordedDate'),
    'body-site': token('bodySite'),
    encounter: reference('encounter'),
  },
  Procedure: {
    ...ofSubject,
    ...status,
    code: token('code'),
    category: token('category'),
    date: date('performedDateTime', 'performedPeriod'),
    'reason-code': token('reasonCode'),
    encounter: reference('encounter'),
    performer: reference('performer.actor'),
    'based-on': reference('basedOn'),
  },
  Observation: {
    ...ofSubject,
    ...status,
    code: token('code'),
    'component-code': token('component.code'),
    'combo-code': token('code', 'component.code'),
    category: token('category'),
    date: date('effectiveDateTime', 'effectivePeriod', 'effectiveInstant'),
    'value-concept': token('valueCodeableConcept'),
    encounter: reference('encounter'),
    performer: reference('performer'),
    'based-on': reference('basedOn'),
  },
  DiagnosticReport: {
    ...ofSubject,
    ...status,
    code: token('code'),
    category: token('category'),
    conclusion: token('conclusionCode'),
    date: date('effectiveDateTime', 'effectivePeriod'),
    issued: date('issued'),
    encounter: reference('encounter'),
    performer: reference('performer'),
    result: reference('result'),
    'based-on': reference('basedOn'),
  },
  ImagingStudy: {
    ...ofSubject,
    ...status,
    started: date('started'),
    modality: token('modality', 'series.modality'),
    bodysite: token('series.bodySite'),
    encounter: reference('encounter'),
    basedon: reference('basedOn'),
  },
  MedicationRequest: {
    ...ofSubject,
    ...status,
    intent: token('intent'),
    category: token('category'),
    code: token('medicationCodeableConcept'),
    medication: reference('medicationReference'),
    authoredon: date('authoredOn'),
    requester: reference('requester'),
    encounter: reference('encounter'),
  },
  MedicationStatement: {
    ...ofSubject,
    ...status,
    category: token('category'),
    code: token('medicationCodeableConcept'),
    medication: reference('medicationReference'),
    effective: date('effectiveDateTime', 'effectivePeriod'),
    context: reference('context'),
  },
  MedicationDispense: {
    ...ofSubject,
    ...status,
    code: token('medicationCodeableConcept'),
    medication: reference('medicationReference'),
    prescription: reference('authorizingPrescription'),
    whenhandedover: date('whenHandedOver'),
  },
  MedicationAdministration: {
    ...ofSubject,
    ...status,
    code: token('medicationCodeableConcept'),
    medication: reference('medicationReference'),
    'effective-time': date('effectiveDateTime', 'effectivePeriod'),
  },
  Medication: { ...status, code: token('code') },
  ServiceRequest: {
    ...ofSubject,
    ...status,
    intent: token('intent'),
    priority: token('priority'),
    category: token('category'),
    code: token('code'),
    authored: date('authoredOn'),
    occurrence: date('occurrenceDateTime', 'occurrencePeriod'),
    requester: reference('requester'),
    performer: reference('performer'),
    encounter: reference('encounter'),
  },
  Encounter: {
    ...ofSubject,
    ...status,
    class: token('class'),
    type: token('type'),
    date: date('period'),
    'reason-code': token('reasonCode'),
    participant: reference('participant.individual'),
    practitioner: parameter('reference', ['participant.individual'], 'Practitioner'),
    'service-provider': reference('serviceProvider'),
    diagnosis: reference('diagnosis.condition'),
  },
  AllergyIntolerance: {
    ...ofPatient,
    code: token('code', 'reaction.substance'),
    category: token('category'),
    type: token('type'),
    criticality: token('criticality'),
    'clinical-status': token('clinicalStatus'),
    'verification-status': token('verificationStatus'),
    date: date('recordedDate'),
  },
  Immunization: {
    ...ofPatient,
    ...status,
    date: date('occurrenceDateTime'),
    'vaccine-code': token('vaccineCode'),
  },
  Device: { ...ofPatient, ...status, type: token('type'), 'device-name': string('deviceName.name') },
  DeviceRequest: {
    ...ofSubject,
    ...status,
    intent: token('intent'),
    code: token('codeCodeableConcept'),
    'authored-on': date('authoredOn'),
    encounter: reference('encounter'),
  },
  FamilyMemberHistory: {
    ...ofPatient,
    ...status,
    code: token('condition.code'),
    relationship: token('relationship'),
    date: date('date'),
  },
  Questionnaire: { ...published, code: token('item.code') },
  QuestionnaireResponse: {
    ...ofSubject,
    ...status,
    questionnaire: uri('questionnaire'),
    authored: date('authored'),
    author: reference('author'),
    source: reference('source'),
    encounter: reference('encounter'),
    'based-on': reference('basedOn'),
  },
  Claim: claim,
  ClaimResponse: { ...ofPatient, ...status, created: date('created'), request: reference('request') },
  ExplanationOfBenefit: claim,
  CarePlan: {
    ...ofSubject,
    ...status,
    category: token('category'),
    intent: token('intent'),
    date: date('period'),
    'activity-code': token('activity.detail.code'),
    encounter: reference('encounter'),
  },
  CareTeam: { ...ofSubject, ...status, category: token('category'), date: date('period') },
  Goal: { ...ofSubject, 'lifecycle-status': token('lifecycleStatus'), category: token('category') },
  DocumentReference: {
    ...ofSubject,
    ...status,
    type: token('type'),
    category: token('category'),
    date: date('date'),
    period: date('context.period'),
    author: reference('author'),
    encounter: reference('context.encounter'),
  },
  Communication: { ...ofSubject, ...status, category: token('category'), sent: date('sent') },
  CommunicationRequest: { ...ofSubject, ...status, category: token('category'), authored: date('authoredOn') },
  Task: {
    patient: patient('for'),
    subject: reference('for'),
    ...status,
    intent: token('intent'),
    code: token('code'),
    focus: reference('focus'),
    owner: reference('owner'),
    'authored-on': date('authoredOn'),
  },
  Appointment: {
    patient: patient('participant.actor'),
    practitioner: parameter('reference', ['participant.actor'], 'Practitioner'),
    actor: reference('participant.actor'),
    ...status,
    date: date('start'),
  },
  NutritionOrder: { ...ofPatient, ...status, datetime: date('dateTime'), encounter: reference('encounter') },
  SupplyDelivery: { ...ofPatient, ...status },
  Specimen: { ...ofSubject, ...status, type: token('type'), collected: date('collection.collectedDateTime') },
  Flag: { ...ofSubject, ...status, category: token('category'), code: token('code'), date: date('period') },
  List: { ...ofSubject, ...status, code: token('code'), date: date('date') },
  Consent: { ...ofPatient, ...status, category: token('category'), date: date('dateTime') },
  Provenance: { patient: patient('target'), target: reference('target'), recorded: date('recorded') },
  Basic: { ...ofSubject, code: token('code'), created: date('created'), author: reference('author') },
  Library: { ...published, type: token('type') },
  ValueSet: published,
  CodeSystem: published,
};

const ALL: ReadonlyMap<string, ReadonlyMap<string, SearchParameter>> = new Map(
  Object.entries(TYPES).map(([type, own]) => [type, new Map(Object.entries({ ...COMMON, ...own }))]),
);

/** The resource types of this server. */
export const resourceTypes = (): readonly string[] => [...ALL.keys()];

/** The search parameters of a resource type by name; undefined when the server does not have the type. */
export const parametersOf = (type: string): ReadonlyMap<string, SearchParameter> | undefined => ALL.get(type);
