import { isObject, type Json, objects, text } from './json.ts';

/** A CodeableConcept of a resource. */
export interface CodedElement {
  /** "Condition.code" */
  readonly path: string;
  readonly element: Json;
  readonly codings: readonly {
    readonly system: string;
    readonly code: string;
    readonly display: string;
  }[];
  readonly text: string;
}

/** Elements that say nothing about what the patient has or what was done. */
const PASSED_OVER = new Set([
  'meta',
  'identifier',
  'extension',
  'modifierExtension',
  'category',
  'clinicalStatus',
  'verificationStatus',
  'interpretation',
  'referenceRange',
  'communication',
  'maritalStatus',
  'contact',
  'telecom',
  'subject',
  'participant',
  'dosageInstruction',
  'dosage',
  'statusReason',
  'performerType',
  'intent',
  'class',
  'priority',
]);

/** Every CodeableConcept of a resource that tells what the patient has, got or was ordered, contained resources included. */
export function* codedElements(resource: Json): Generator<CodedElement> {
  yield* below(resource, text(resource['resourceType']) ?? 'resource', 0);
}

function* below(value: unknown, path: string, depth: number): Generator<CodedElement> {
  if (depth > 12) return;
  if (Array.isArray(value)) {
    for (const item of value) yield* below(item, path, depth + 1);
    return;
  }
  if (!isObject(value)) return;
  if (Array.isArray(value['coding'])) {
    const codings = objects(value['coding']).flatMap((c) => {
      const code = text(c['code']);
      return code === undefined ? [] : [{ system: text(c['system']) ?? '', code, display: text(c['display']) ?? '' }];
    });
    if (codings.length > 0) yield { path, element: value, codings, text: text(value['text']) ?? '' };
    return;
  }
  for (const [key, member] of Object.entries(value))
    if (!PASSED_OVER.has(key)) yield* below(member, `${path}.${key}`, depth + 1);
}
