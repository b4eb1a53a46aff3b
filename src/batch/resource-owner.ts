import { type Json, object, text } from '../chart/json.ts';
import { EHR_ID, parseReference } from '../chart/references.ts';

/** The id of the patient whose resource it is; undefined when it names none. */
export function ownerOf(resource: Json): string | undefined {
  if (resource['resourceType'] === 'Patient') {
    const id = text(resource['id']);
    return id !== undefined && EHR_ID.test(id) ? id : undefined;
  }
  const subject = object(resource['subject']) ?? object(resource['patient']) ?? object(resource['beneficiary']);
  const parsed = parseReference(subject?.['reference']);
  return parsed?.type === 'Patient' ? parsed.id : undefined;
}
