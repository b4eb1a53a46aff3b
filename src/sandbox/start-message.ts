import { coding } from './charts/codes.ts';
import { FHIR_PATH, type Sandbox } from './sandbox.ts';

const SERVICE = 'spine-imaging-order-select';

/** An order-select call for a patient's first order to try, without prefetch: the service reads the chart itself. */
export function sampleCall(sandbox: Sandbox, fhirServer: string): Readonly<Record<string, unknown>> {
  const [patient] = sandbox.patients;
  const order = patient?.tries[0]?.order;
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
      patientId: patient?.id,
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
              subject: { reference: `Patient/${patient?.id}` },
              code: { coding: [coding(`cpt ${order?.study} ${order?.label}`)] },
              ...(order?.reasons !== undefined && { reasonCode: [{ coding: order.reasons.map(coding) }] }),
            },
          },
        ],
      },
    },
  };
}

/** A word that bash takes literally. */
const quoted = (words: string): string => `'${words.replaceAll("'", `'\\''`)}'`;

/** A command for bash that asks the service about a patient of the sandbox and prints a card. */
export const sampleCommand = (sandbox: Sandbox, base: string): string =>
  `curl -s ${base}/cds-services/${SERVICE} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(sampleCall(sandbox, `${base}${FHIR_PATH}`)))}`;

/**
 * What the start says about the sandbox.
 * @param base where this machine reaches the service, e.g. "http://127.0.0.1:3000"
 */
export const startMessage = (sandbox: Sandbox, base: string): string =>
  [
    `Sandbox     ${base}${FHIR_PATH} (FHIR R4, ${sandbox.patients.length} synthetic patients: docs/sandbox-patients.md)`,
    'Try         paste this into a shell:',
    '',
    sampleCommand(sandbox, base),
    '',
  ].join('\n');
