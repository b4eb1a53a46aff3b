import { type Json, text } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { EHR_ID, PatientScope, parseReference } from '../chart/references.ts';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import { formatDay, type Interval } from '../dates/day.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import { type ImagingOrder, readOrder } from '../order/order.ts';
import { type Modality, type Study, spineRegion } from '../policy/studies.ts';
import { html, pageHtml, type VNode } from '../web/page.ts';
import { patientBanner } from '../web/patient-banner.ts';
import type { Launched } from './launched.ts';
import { ORDER_CONTEXT_SECONDS, type OrderContext } from './order-context.ts';
import { ROOM } from './pages.ts';

/** Imaging orders of the chart, or why they cannot be shown. */
export type FoundOrders =
  | { readonly kind: 'found'; readonly orders: readonly ImagingOrder[]; readonly complete: boolean }
  | { readonly kind: 'unreadable' };

/** Orders of these states are still ahead. */
const AHEAD = new Set(['draft', 'active', 'on-hold', 'unknown']);
const PAGE = '200';

const reading = (launched: Launched, knowledge: Knowledge, today: Interval) => {
  const ctx = new ReadContext(knowledge.codes, knowledge.studies, launched.ehr.localCodes);
  const scope = new PatientScope(launched.patientId, launched.base);
  return (resource: Json): ImagingOrder | undefined =>
    readOrder(resource, scope, knowledge.studies, ctx, today, launched.ehr.orderables);
};

/** The patient's spine imaging orders that are still ahead, newest first. */
export async function findOrders(
  launched: Launched,
  fhir: FhirAccess,
  knowledge: Knowledge,
  today: Interval,
): Promise<FoundOrders> {
  const found = await fhir.search('ServiceRequest', { patient: launched.patientId, _count: PAGE });
  if (!found.ok) return { kind: 'unreadable' };
  const read = reading(launched, knowledge, today);
  const orders = found.value.resources
    .filter((r) => r['resourceType'] === 'ServiceRequest' && AHEAD.has(text(r['status']) ?? 'unknown'))
    .flatMap((r) => read(r) ?? [])
    .sort((a, b) => b.asOf.lo - a.asOf.lo);
  return { kind: 'found', orders, complete: found.value.complete };
}

const contextOf = (launched: Launched, order: Json, today: Interval): OrderContext => ({
  base: launched.base,
  patientId: launched.patientId,
  order,
  drafts: [],
  today: formatDay(today.lo),
  expires: Math.floor(Date.now() / 1000) + ORDER_CONTEXT_SECONDS,
});

/** The order context of an order of the chart. @param reference "ServiceRequest/x" @returns undefined when it is none of the patient's */
export async function chosenOrder(
  launched: Launched,
  fhir: FhirAccess,
  reference: string,
  knowledge: Knowledge,
  today: Interval,
): Promise<OrderContext | undefined> {
  const parsed = parseReference(reference);
  if (parsed?.type !== 'ServiceRequest' || parsed.base !== undefined || !EHR_ID.test(parsed.id)) return undefined;
  const found = await fhir.read('ServiceRequest', parsed.id);
  if (!found.ok || reading(launched, knowledge, today)(found.value) === undefined) return undefined;
  return contextOf(launched, found.value, today);
}

/** The order context of a study that is not ordered yet. @returns undefined when it is none that policies govern */
export function chosenStudy(
  launched: Launched,
  code: string,
  knowledge: Knowledge,
  today: Interval,
): OrderContext | undefined {
  const study = knowledge.studies.get(code);
  if (study === undefined || !study.orderable) return undefined;
  const order: Json = {
    resourceType: 'ServiceRequest',
    id: `study-${study.code}`,
    status: 'draft',
    intent: 'proposal',
    subject: { reference: `Patient/${launched.patientId}` },
    authoredOn: formatDay(today.lo),
    code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: study.code, display: study.label }] },
  };
  return contextOf(launched, order, today);
}

const MODALITY_WORDS: Partial<Readonly<Record<Modality, string>>> = { mri: 'MRI', ct: 'CT', mra: 'MR angiography' };

/** The studies that can be chosen, by modality. */
function studyGroups(studies: readonly Study[]): readonly VNode[] {
  const orderable = studies.filter((s) => s.orderable && spineRegion(s) !== undefined);
  const modalities = [...new Set(orderable.map((s) => s.modality))];
  return modalities.map(
    (modality) =>
      html`<optgroup label=${MODALITY_WORDS[modality] ?? modality}>
        ${orderable
          .filter((s) => s.modality === modality)
          .map((s) => html`<option value=${s.code}>${s.label} (${s.code})</option>`)}
      </optgroup>`,
  );
}

const orderWords = (order: ImagingOrder): string => {
  const [first, ...more] = order.studies;
  const study = first === undefined ? 'imaging' : first.label;
  return more.length > 0 ? `${study}, or another: the order leaves the ${order.open ?? 'study'} open` : study;
};

function orderRow(order: ImagingOrder, csrf: string): VNode {
  const { resource, ref, studies, asOf } = order;
  const codes = studies.length === 1 ? studies[0]?.code : undefined;
  const facts = [codes, text(resource['status']), formatDay(asOf.lo)].filter((f) => f !== undefined);
  return html`<form method="post" class="panel row spread">
    <span>${orderWords(order)} <span class="muted small">${facts.join(' · ')}</span></span>
    <input type="hidden" name="csrf" value=${csrf} />
    <input type="hidden" name="order" value=${ref} />
    <button type="submit">Check<span class="visually-hidden"> ${orderWords(order)} of ${formatDay(asOf.lo)}</span></button>
  </form>`;
}

function ordersPart(found: FoundOrders, csrf: string): VNode {
  if (found.kind === 'unreadable')
    return html`<p class="notice open">The orders of this chart could not be read. Choose a study instead.</p>`;
  const { orders, complete } = found;
  return html`<div>
    ${!complete && html`<p class="notice open">Only some of the orders could be read.</p>`}
    ${
      orders.length === 0
        ? html`<p>There is no open order for imaging of the spine in this chart.</p>`
        : orders.map((o) => orderRow(o, csrf))
    }
  </div>`;
}

export interface ChoosePage {
  readonly launched: Launched;
  readonly found: FoundOrders;
  /** the Patient, when its name has to be shown */
  readonly patient?: unknown;
  readonly studies: readonly Study[];
  /** the card's link led to no order any more */
  readonly stale: boolean;
  readonly prefix: string;
}

/** The page on which the clinician says which order, or which study, the worksheet is about. */
export function choosePage({ launched, found, patient, studies, stale, prefix }: ChoosePage): string {
  const { csrf } = launched;
  const body = html`${patient !== undefined && patientBanner(patient)}
    <h1>Which order?</h1>
    ${
      stale &&
      html`<p class="notice open" role="status">
        The link of the card could not be read: it is more than a day old, or was changed on its way. Choose the order here.
      </p>`
    }
    <h2>Open imaging orders of this patient</h2>
    ${ordersPart(found, csrf)}
    <h2>Or a study that is not ordered yet</h2>
    <form method="post" class="panel">
      <input type="hidden" name="csrf" value=${csrf} />
      <div class="field">
        <label for="study">Study</label>
        <select id="study" name="study" required>
          <option value="">Choose a study</option>
          ${studyGroups(studies)}
        </select>
      </div>
      <button type="submit">Check this study</button>
    </form>`;
  return pageHtml({ title: 'Which order?', room: ROOM, narrow: true, prefix, nav: logOutForm(launched, prefix) }, body);
}

/** The button that ends the session. */
const logOutForm = ({ id, csrf }: Launched, prefix: string): VNode =>
  html`<nav aria-label="Session">
    <form method="post" action=${`${prefix}/smart/logout`}>
      <input type="hidden" name="launch" value=${id} />
      <input type="hidden" name="csrf" value=${csrf} />
      <button type="submit">Log out</button>
    </form>
  </nav>`;
