import type { Interval } from '../dates/day.ts';
import type { Hit } from '../terminology/code-index.ts';
import { wordsOf } from './concept-words.ts';
import { type Json, objects, text } from './json.ts';
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
  /** of what one of these may be */
  readonly open: OpenReason;
}

/** What reasons that nobody can read may be of what policies ask of the reasons of an order. */
export interface OpenReason {
  /** whatever it is */
  readonly any: boolean;
  /** the code sets that their words mean */
  readonly means: ReadonlySet<number>;
}
export const NO_OPEN_REASON: OpenReason = { any: false, means: new Set() };

/** Reasons of an order that are read; beyond them, as where one cannot be read, it is not known what else it is for. */
const MOST_REASONS = 500;

/** What an order is for, in codes, and in words. */
interface StatedReason {
  readonly codes: readonly string[];
  readonly hits: readonly Hit[];
  readonly words: readonly string[];
}

/** Each reason once: an order may repeat one as often as a body holds it. */
function distinct(reasons: readonly StatedReason[]): readonly StatedReason[] {
  const each = new Map<string, StatedReason>();
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
    .map((c) => statedReason(c, ctx));
  const references = diagnosesOf(objects(resource['reasonReference']), stated.length > 0).map((r) =>
    ctx.links.condition(resource, r),
  );
  const unread = [...stated, ...references].filter((reason) => (reason?.codes ?? []).length === 0);
  const referred = references.flatMap((c) => (c === undefined || c.refuted ? [] : [c]));
  const reasons = distinct([...stated, ...referred]);
  const read = reasons.slice(0, MOST_REASONS);
  const tooMany = reasons.length > MOST_REASONS;
  return {
    records: read.flatMap((reason) => (reason.hits.length === 0 ? [] : [toRecord(order, reason)])),
    codes: new Set(read.flatMap((reason) => reason.codes)),
    unread: unread.length > 0 || tooMany,
    open: openBeside(unread, read, tooMany, ctx),
  };
}

/** Reports, findings and documents are no diagnoses: they support what is stated beside them. */
function diagnosesOf(references: readonly Json[], stated: boolean): readonly Json[] {
  const diagnoses = references.filter((r) => !SUPPORTING.test(text(r['reference']) ?? ''));
  return stated || diagnoses.length > 0 ? diagnoses : references;
}
const SUPPORTING = /(^|\/)(DiagnosticReport|DocumentReference|Observation)\/[^/]+$/;

/** What reasons that nobody can read may be: beside those in codes what their words mean, else whatever it is. */
function openBeside(
  unread: readonly (StatedReason | undefined)[],
  read: readonly StatedReason[],
  tooMany: boolean,
  { concepts }: ReadContext,
): OpenReason {
  if (unread.length === 0 && !tooMany) return NO_OPEN_REASON;
  const words = unread.map((reason) => reason?.words ?? []);
  const any = tooMany || !read.some((r) => r.hits.length > 0) || words.some((w) => w.length === 0);
  const ofComplaint = read.some((r) => concepts.areOf('complaint-of-the-spine', r.hits));
  const meant = concepts
    .meantBy(words.flat())
    .filter((h) => !ofComplaint || !concepts.areOf('reason-of-the-spine', [h]));
  return { any, means: new Set(meant.map((h) => h.set)) };
}

const UNREAD: StatedReason = { hits: [], codes: [], words: [] };

/** One that has more codings than any in earnest is not read. */
function statedReason(concept: Json, { concepts }: ReadContext): StatedReason {
  try {
    return { hits: concepts.hits(concept), codes: concepts.keys(concept), words: wordsOf(concept) };
  } catch {
    return UNREAD;
  }
}

const toRecord = ({ ref, date }: OrderEvidence, { hits, codes }: StatedReason): ConditionRecord => ({
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
