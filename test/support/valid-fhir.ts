import { Fhir } from 'fhir';

let validator: Fhir | undefined;

/** What the FHIR R4 validator says against a resource, warnings aside. */
export function fhirErrors(resource: unknown): readonly string[] {
  validator ??= new Fhir();
  const { messages } = validator.validate(resource as Parameters<Fhir['validate']>[0], {
    errorOnUnexpected: true,
  });
  return messages
    .filter((m) => m.severity === 'error' || m.severity === 'fatal')
    .map((m) => `${m.location}: ${m.message}`);
}
