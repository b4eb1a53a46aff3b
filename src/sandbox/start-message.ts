import { coding } from './charts/codes.ts';
import type { PatientInput } from './charts/schema.ts';
import { FHIR_PATH, SANDBOX_PATH } from './paths.ts';
import type { Sandbox } from './sandbox.ts';

const SERVICE = 'spine-imaging-order-select';

/**
 * An order-select call for one of a patient's orders to try, without prefetch: the service reads the chart itself.
 * @param fhirServer FHIR base of the sandbox
 */
export function sampleCall(
  patient: PatientInput,
  order: number,
  fhirServer: string,
): Readonly<Record<string, unknown>> {
  const { study, label, reasons } = orderOf(patient, order);
  const id = 'order-1';
  return {
    hook: 'order-select',
    hookInstance: 'b5d1a7a4-5f0c-4f0e-9c0e-7d3f5f1f2a11',
    fhirServer,
    fhirAuthorization: {
      access_token: 'sandbox',
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'patient/*.read',
      subject: 'sandbox',
    },
    context: {
      userId: 'Practitioner/wells',
      patientId: patient.id,
      selections: [`ServiceRequest/${id}`],
      draftOrders: {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          {
            resource: {
              resourceType: 'ServiceRequest',
              id,
              status: 'draft',
              intent: 'order',
              subject: { reference: `Patient/${patient.id}` },
              code: { coding: [coding(`cpt ${study} ${label}`)] },
              ...(reasons !== undefined && { reasonCode: [{ coding: reasons.map(coding) }] }),
            },
          },
        ],
      },
    },
  };
}

function orderOf(patient: PatientInput, order: number): PatientInput['tries'][number]['order'] {
  const found = patient.tries[order];
  if (found === undefined) throw new RangeError(`${patient.id} has no order ${order} to try`);
  return found.order;
}

/** A word that bash takes literally. */
const quoted = (words: string): string => `'${words.replaceAll("'", `'\\''`)}'`;

/** A command for bash that asks the service about a patient of the sandbox and prints a card. */
const sampleCommand = (patient: PatientInput, base: string): string => {
  const call = JSON.stringify(sampleCall(patient, 0, `${base}${FHIR_PATH}`));
  return `curl -s ${base}/cds-services/${SERVICE} -H 'Content-Type: application/json' -d ${quoted(call)}`;
};

/** What the start says first: where a browser finds the sandbox. @param base where this machine reaches the service */
export const openMessage = (base: string): string =>
  `Sandbox EHR ${base}${SANDBOX_PATH}   <- open this in a browser, and order an MRI`;

/**
 * What the start says about the sandbox's FHIR server.
 * @param base where this machine reaches the service, e.g. "http://127.0.0.1:3000"
 */
export function startMessage({ patients, remote }: Sandbox, base: string): string {
  const [first] = patients;
  if (remote !== undefined)
    return `FHIR        ${base}${FHIR_PATH} (shows ${remote}, to apps with a token of the sandbox)`;
  return [
    `FHIR        ${base}${FHIR_PATH} (R4, ${patients.length} synthetic patients: docs/sandbox-patients.md)`,
    ...(first === undefined ? [] : ['Shell       paste this to get a card:', '', sampleCommand(first, base), '']),
  ].join('\n');
}
