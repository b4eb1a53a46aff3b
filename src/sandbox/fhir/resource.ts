import { isObject } from '../../chart/json.ts';
import { FHIR_ID } from '../../chart/references.ts';
import { FhirProblem, quoted } from './problem.ts';
import { parametersOf } from './search-parameters.ts';
import type { NewResource } from './store.ts';

const DEEPEST = 40;
/** Names that no FHIR element has and that mean something to JavaScript. */
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws FhirProblem (400) for JSON that is nested too deeply or has members that no resource has */
function checkShape(root: object): void {
  const open: { readonly value: object; readonly depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (depth > DEEPEST) throw new FhirProblem(400, 'structure', 'the resource is nested too deeply');
    for (const [name, member] of Object.entries(value)) {
      if (UNSAFE.has(name))
        throw new FhirProblem(400, 'structure', 'the resource has a member that FHIR does not know');
      if (typeof member === 'object' && member !== null) open.push({ value: member, depth: depth + 1 });
    }
  }
}

/**
 * Takes a body as a resource of a type, for a create or an update. Content is not validated beyond what the server needs to keep
 * and find it.
 * @param id the id that the URL names, for an update
 * @throws FhirProblem (400) naming what is wrong
 */
export function readResource(body: unknown, type: string, id?: string): NewResource {
  if (!isObject(body)) throw new FhirProblem(400, 'structure', 'the body is not a FHIR resource in JSON');
  if (parametersOf(type) === undefined)
    throw new FhirProblem(404, 'not-supported', `there is no resource type ${quoted(type)} here`);
  if (body['resourceType'] !== type)
    throw new FhirProblem(400, 'value', `resourceType is not ${quoted(type)}, as the URL says`);
  if (id !== undefined && body['id'] !== id)
    throw new FhirProblem(400, 'value', 'the id of the resource is not the id in the URL');
  if (body['meta'] !== undefined && !isObject(body['meta']))
    throw new FhirProblem(400, 'structure', 'meta is not an object');
  checkShape(body);
  return { ...body, resourceType: type };
}

/** @throws FhirProblem (400) for what is no FHIR id */
export function checkId(id: string): void {
  if (!FHIR_ID.test(id)) throw new FhirProblem(400, 'value', 'this is no FHIR id');
}
