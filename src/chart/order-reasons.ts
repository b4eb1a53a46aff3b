import type { Interval } from '../dates/day.ts';
import type { Hit } from '../terminology/code-index.ts';
import { type Json, objects } from './json.ts';
import { isDisowned } from './qualified-in-words.ts';
import type { ReadContext } from './read-context.ts';
import type { ConditionRecord } from './records.ts';

/** What is being ordered, as a source of evidence. */
export interface OrderEvidence {
  /** "ServiceRequest/order-1" */
  readonly ref: string;
  readonly resource: Json;
  readonly date: Interval;
}

/** What an order says of why it is placed. */
export interface OrderReasons {
  readonly records: readonly ConditionRecord[];
  /** as "system|code", those that no code set knows included */
  readonly codes: ReadonlySet<string>;
  /** one is stated in words or codes of the EHR's own alone, or by something other than a diagnosis on file */
  readonly unread: boolean;
}

/** Reasons of an order that are read; beyond them, as where one cannot be read, it is not known what else it is for. */
const MOST_REASONS = 500;

/** What an order is for, in codes. */
interface CodedReason {
  readonly codes: readonly string[];
  readonly hits: readonly Hit[];
}

/** Each reason once: an order may repeat one as often as a body holds it. */
function distinct(reasons: readonly CodedReason[]): readonly CodedReason[] {
  const each = new Map<string, CodedReason>();
  for (const reason of reasons) {
    const key = JSON.stringify([reason.codes, reason.hits]);
    if (!each.has(key)) each.set(key, reason);
  }
  return [...each.values()];
}

/** The order's reasons are the orderer's documentation, each equal to a provisional diagnosis of the order's day. */
export function readOrderReasons(order: OrderEvidence, ctx: ReadContext): OrderReasons {
  const { resource } = order;
  const stated = objects(resource['reasonCode'])
    .filter((c) => !isDisowned(c))
    .map((c) => codedReason(c, ctx));
  const references = objects(resource['reasonReference']).map((r) => ctx.links.condition(resource, r));
  const unread = [...stated, ...references].some((reason) => (reason?.codes ?? []).length === 0);
  const referred = references.flatMap((c) => (c === undefined || c.refuted ? [] : [c]));
  const reasons = distinct([...stated, ...referred]);
  const read = reasons.slice(0, MOST_REASONS);
  return {
    records: read.flatMap((reason) => (reason.hits.length === 0 ? [] : [toRecord(order, reason)])),
    codes: new Set(read.flatMap((reason) => reason.codes)),
    unread: unread || reasons.length > MOST_REASONS,
  };
}

const UNREAD: CodedReason = { hits: [], codes: [] };

/** One that has more codings than any in earnest is not read. */
function codedReason(concept: Json, { concepts }: ReadContext): CodedReason {
  try {
    return { hits: concepts.hits(concept), codes: concepts.keys(concept) };
  } catch {
    return UNREAD;
  }
}

const toRecord = ({ ref, date }: OrderEvidence, { hits, codes }: CodedReason): ConditionRecord => ({
  type: 'condition',
  basis: 'order',
  ref,
  hits,
  site: 0,
  verification: 'suspected',
  current: true,
  saysActive: true,
  recorded: date,
  codes,
  orderReason: true,
  ofVisit: false,
  siteHits: [],
});
