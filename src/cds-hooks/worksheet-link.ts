import type { Request } from 'express';
import { worksheetLink } from '../cards/worksheet-link.ts';
import { type Json, text } from '../chart/json.ts';
import type { OrderCheck } from '../criteria-check/order-check.ts';
import { formatDay, type Interval } from '../dates/day.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import { serviceRequests } from '../order/order.ts';
import type { Caller } from '../trust/caller.ts';
import type { Link } from './card.ts';
import type { OrderHookRequest } from './request.ts';

/** The order of a card, as the worksheet gets it through the EHR. */
interface HandedOrder {
  /** FHIR base of the EHR */
  readonly base: string;
  readonly patientId: string;
  readonly order: Json;
  readonly drafts: readonly Json[];
  /** YYYY-MM-DD */
  readonly today: string;
  /** epoch seconds */
  readonly expires: number;
}

/** What makes the links from cards to the worksheet. */
export interface WorksheetLinks {
  /** where EHRs launch the app, for the caller of a request */
  readonly launchUrlOf: (req: Request) => string;
  /** an order as text that the EHR can neither read nor change */
  readonly contextOf: (order: HandedOrder) => Promise<string>;
}

const DAY_SECONDS = 24 * 3600;
/** Larger orders, and larger baskets beside them, are not carried through the EHR: they are chosen in the app, or left out. */
const MOST_ORDER = 32_000;
const MOST_DRAFTS = 16_000;

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

/**
 * The link of a card to the worksheet, when the EHR of the call has the app.
 * @param launchUrl where that EHR launches it
 */
export async function linkToWorksheet(
  check: OrderCheck,
  request: OrderHookRequest,
  caller: Caller,
  today: Interval,
  launchUrl: string,
  contextOf: WorksheetLinks['contextOf'],
): Promise<Link | undefined> {
  if (request.fhirServer === undefined || caller.fhir === undefined || caller.ehr?.smart === undefined)
    return undefined;
  const { resource } = check.order;
  if (sizeOf(resource) > MOST_ORDER) return worksheetLink(check, launchUrl);
  const others = serviceRequests(request.context.draftOrders).filter((d) => text(d['id']) !== text(resource['id']));
  const context = await contextOf({
    base: normalBase(request.fhirServer),
    patientId: request.context.patientId,
    order: resource,
    drafts: sizeOf(others) > MOST_DRAFTS ? [] : others,
    today: formatDay(today.lo),
    expires: Math.floor(Date.now() / 1000) + DAY_SECONDS,
  });
  return worksheetLink(check, launchUrl, context);
}
