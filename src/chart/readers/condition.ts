import { add, type Interval, parseDate } from '../../dates/day.ts';
import { type Json, object, objects, text } from '../json.ts';
import { type ReadContext, start } from '../read-context.ts';
import type { ConditionRecord, FamilyRecord, Verification } from '../records.ts';
import { localKey } from '../references.ts';

/** The first code of a CodeableConcept, or a bare code as older servers send it. */
export const statusCode = (element: unknown): string | undefined =>
  text(element) ?? text(objects(object(element)?.['coding'])[0]?.['code']);

const SUSPECTED = new Set(['provisional', 'differential', 'unconfirmed']);

/** Confirmed and status-less entries are known; provisional, differential and unconfirmed are a suspicion. */
export const verification = (status: string | undefined): Verification =>
  status === 'refuted' ? 'refuted' : status !== undefined && SUSPECTED.has(status) ? 'suspected' : 'confirmed';

const INACTIVE = new Set(['inactive', 'remission', 'resolved']);
const ACTIVE = new Set(['active', 'recurrence', 'relapse']);

const HISTOLOGY = 'http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior';

/** The histology of a tumor, where it is stated beside the diagnosis. */
const histology = (r: Json): readonly unknown[] =>
  objects(r['extension']).flatMap((e) => (e['url'] === HISTOLOGY ? [e['valueCodeableConcept']] : []));

/** The onset: a date, or an age in completed years or months. */
function onsetOf(ctx: ReadContext, r: Json): Interval | undefined {
  const dated = start(r, 'onset');
  const age = object(r['onsetAge']);
  const value = age?.['value'];
  const unit = { a: 'years', mo: 'months' }[text(age?.['code']) ?? ''] as 'years' | 'months' | undefined;
  if (dated !== undefined || typeof value !== 'number' || unit === undefined || ctx.birth === undefined) return dated;
  const count = Math.floor(value);
  return { lo: add(ctx.birth.lo, { count, unit }), hi: add(ctx.birth.hi, { count: count + 1, unit }) - 1 };
}

/** Reads a Condition. Its hits are remembered for references to it. */
export function readCondition(ctx: ReadContext, r: Json, ref: string): ConditionRecord | undefined {
  const hits = ctx.hits([r['code'], ...histology(r)]);
  ctx.addCondition(ref, hits);
  if (hits.length === 0) return undefined;
  const clinical = statusCode(r['clinicalStatus']);
  const abated = start(r, 'abatement');
  const onset = onsetOf(ctx, r);
  const recorded = parseDate(r['recordedDate']);
  const encounter = localKey(object(r['encounter']));
  return {
    type: 'condition',
    basis: 'chart',
    ref,
    hits,
    site: ctx.site(r['bodySite']),
    ...(encounter !== undefined && { encounter }),
    verification: verification(statusCode(r['verificationStatus'])),
    current:
      !(clinical !== undefined && INACTIVE.has(clinical)) && abated === undefined && r['abatementString'] === undefined,
    ...(clinical !== undefined && { clinical }),
    saysActive: clinical !== undefined && ACTIVE.has(clinical),
    ...(onset !== undefined && { onset }),
    ...(recorded !== undefined && { recorded }),
    ...(abated !== undefined && { abated }),
    codes: ctx.keys(r['code']),
    orderReason: false,
    siteHits: ctx.hits(r['bodySite']),
    ...(ctx.keys(r['severity']).length > 0 && { severity: ctx.hits(r['severity']) }),
  };
}

/** Reads the diagnoses of a FamilyMemberHistory: leads that never prove anything about the patient. */
export function readFamilyHistory(ctx: ReadContext, r: Json, ref: string): FamilyRecord | undefined {
  const hits = objects(r['condition']).flatMap((c) => ctx.hits(c['code']));
  return hits.length === 0 ? undefined : { type: 'family', ref, hits, site: 0 };
}
