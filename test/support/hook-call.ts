import { ASSESSMENT_EXTENSION } from '../../src/cards/assessment-extension.ts';
import type { PatientInput } from '../../src/sandbox/charts/schema.ts';
import { sampleCall } from '../../src/sandbox/start-message.ts';
import { at, listAt } from './json-path.ts';
import type { Running } from './running-service.ts';

type Members = Readonly<Record<string, unknown>>;

/** An order-select call for one of a patient's orders to try, with FHIR access and no prefetch. */
export const callFor = (running: Running, patient: PatientInput, order: number): Members =>
  sampleCall(patient, order, running.fhir);

/**
 * Resolves the advertised prefetch templates against the sandbox, as the official CDS Hooks Sandbox does it: reads by GET,
 * searches by POST, a failed one left out.
 */
async function prefetchFor(running: Running, call: Members): Promise<Members> {
  const discovery: unknown = await (await fetch(`${running.base}/cds-services`)).json();
  const templates = Object.entries(at(discovery, 'services.0.prefetch') as Readonly<Record<string, string>>);
  const user = String(at(call, 'context.userId')).split('/')[1] ?? '';
  const patient = String(at(call, 'context.patientId'));
  const answers = await Promise.all(
    templates.map(async ([key, template]): Promise<readonly [string, unknown]> => {
      const query = template.replaceAll('{{context.patientId}}', patient).replaceAll('{{userPractitionerId}}', user);
      if (query.includes('{{')) throw new Error(`unresolved: ${query}`);
      const [path = '', search] = query.split('?', 2);
      const response = await fetch(`${running.fhir}/${path}${search === undefined ? '' : '/_search'}`, {
        headers: { accept: 'application/json+fhir', ...(search !== undefined && { 'content-type': FORM }) },
        ...(search !== undefined && { method: 'POST', body: new URLSearchParams(search).toString() }),
      });
      return [key, response.ok ? await response.json() : undefined];
    }),
  );
  return Object.fromEntries(answers.filter(([, value]) => value !== undefined));
}
const FORM = 'application/x-www-form-urlencoded';

/** The same call with a prefetch and no token, so that the service cannot read anything more. */
export async function withPrefetch(running: Running, call: Members): Promise<Members> {
  const { fhirAuthorization: _token, ...rest } = call;
  return { ...rest, prefetch: await prefetchFor(running, call) };
}

/** Posts a call to the order-select service. @returns the cards */
export async function cardsOf(running: Running, call: Members): Promise<readonly unknown[]> {
  const response = await fetch(`${running.base}/cds-services/${SERVICE}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
  });
  const body: unknown = await response.json();
  if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(body)}`);
  return listAt(body, 'cards');
}
const SERVICE = 'spine-imaging-order-select';

/** The assessment that a card carries for machines. */
export const assessmentOf = (card: unknown): unknown =>
  (at(card, 'extension') as Members | undefined)?.[ASSESSMENT_EXTENSION];
