import { isTooDeep, type Json, jsonText, object, text } from '../chart/json.ts';
import { EHR_ID, PatientScope, parseReference } from '../chart/references.ts';
import { resourceWords } from '../chart/resource-words.ts';
import { SECTIONS } from '../chart/sections.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import type { Launched } from '../smart/launched.ts';
import { html } from '../web/page.ts';
import { launchPage } from './page.ts';
import type { ResourceIndex } from './resource-index.ts';
import { launchPath, typeWords, type WorksheetView } from './view.ts';

const SHOWN: ReadonlySet<string> = new Set([
  ...SECTIONS.filter((s) => s !== 'PractitionerRole'),
  'Patient',
  'Coverage',
]);
const MOST_TEXT = 200_000;
const TOO_DEEP = 'It is nested too deep to be shown.';

/** Is it about this patient? */
function isOwn(resource: Json, launched: Launched): boolean {
  if (resource['resourceType'] === 'Patient') return resource['id'] === launched.patientId;
  const subject = object(resource['subject']) ?? object(resource['patient']) ?? object(resource['beneficiary']);
  return subject !== undefined && new PatientScope(launched.patientId, launched.base).includes(subject);
}

/**
 * The resource of a reference, as it was assessed or else as the EHR has it now.
 * @returns undefined when there is none, it is of a kind that is not shown, or it is another patient's
 */
export async function findResource(
  reference: string,
  launched: Launched,
  index: ResourceIndex,
  access: () => Promise<FhirAccess>,
): Promise<Json | undefined> {
  const parsed = parseReference(reference);
  if (parsed === undefined || parsed.base !== undefined || !SHOWN.has(parsed.type) || !EHR_ID.test(parsed.id))
    return undefined;
  const held = index.get(`${parsed.type}/${parsed.id}`);
  if (held !== undefined) return isOwn(held, launched) ? held : undefined;
  const read = await (await access()).read(parsed.type, parsed.id);
  return read.ok && isOwn(read.value, launched) ? read.value : undefined;
}

/** The dates of a resource, as they are stated. */
function dates(resource: Json): readonly (readonly [string, string])[] {
  const names = [
    'recordedDate',
    'onsetDateTime',
    'abatementDateTime',
    'effectiveDateTime',
    'performedDateTime',
    'authoredOn',
    'authored',
    'occurrenceDateTime',
    'issued',
    'started',
    'date',
    'birthDate',
  ];
  const single = names.flatMap((n) => {
    const value = text(resource[n]);
    return value === undefined ? [] : [[n, value] as const];
  });
  const spans = ['period', 'performedPeriod', 'effectivePeriod', 'onsetPeriod'].flatMap((n) => {
    const period = object(resource[n]);
    return period === undefined
      ? []
      : [[n, `${text(period['start']) ?? '…'} to ${text(period['end']) ?? '…'}`] as const];
  });
  return [...single, ...spans];
}

const status = (resource: Json): string | undefined =>
  text(resource['status']) ??
  text(object((object(resource['clinicalStatus'])?.['coding'] as readonly Json[] | undefined)?.[0])?.['code']);

const spaced = (name: string): string => name.replace(/([A-Z])/g, (c) => ` ${c.toLowerCase()}`);

/** A resource of the patient as text: the few things that one looks for first, then all of it. */
export function resourcePage(
  view: Pick<WorksheetView, 'launched' | 'prefix'>,
  reference: string,
  resource: Json,
): string {
  // indented, what is nested deep is much larger than it was
  const whole = (isTooDeep(resource) ? undefined : jsonText(resource, 2)) ?? TOO_DEEP;
  const said = status(resource);
  return launchPage(
    view,
    'A resource of the chart',
    html`<p class="back"><a href=${launchPath(view)}>Back to the worksheet</a></p>
      <h1>${typeWords(reference)}: ${resourceWords(resource) ?? 'without words'}</h1>
      <dl class="pairs">
        <dt>Reference</dt>
        <dd><code>${reference}</code></dd>
        ${said === undefined ? '' : html`<dt>status</dt><dd>${said}</dd>`}
        ${dates(resource).map(([name, value]) => html`<dt>${spaced(name)}</dt><dd>${value}</dd>`)}
      </dl>
      <h2>The whole resource</h2>
      <pre tabindex="0" aria-label="The resource as JSON">${whole.length > MOST_TEXT ? `${whole.slice(0, MOST_TEXT)}\n… (cut)` : whole}</pre>`,
    { narrow: true, scripts: [] },
  );
}

/** There is no such resource of this patient. */
export const noResourcePage = (view: Pick<WorksheetView, 'launched' | 'prefix'>): string =>
  launchPage(
    view,
    'Not found',
    html`<h1>This cannot be shown</h1>
      <p>The EHR has no such resource of this patient, or does not let this app read it.</p>
      <p class="back"><a href=${launchPath(view)}>Back to the worksheet</a></p>`,
    { narrow: true, scripts: [] },
  );
