import { type Interval, parseDate } from '../../dates/day.ts';
import { earliest, latest } from '../../dates/later.ts';
import { propertyWords } from '../concept-words.ts';
import { daysOf, start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { AllergyRecord, DeviceRecord, LeadRecord } from '../records.ts';
import { clinicalStatus, isPast, verification } from '../status.ts';

/** Reads an AllergyIntolerance: the substance, and how the patient reacted. */
export function readAllergy(ctx: ReadContext, r: Json, ref: string): AllergyRecord | undefined {
  const reactions = objects(r['reaction']);
  const substances = [r['code'], ...reactions.map((x) => x['substance'])];
  const hits = ctx.concepts.hits(substances);
  const named = hits.length === 0 ? substances.flatMap((s) => ctx.concepts.inWords(s)) : [];
  if (hits.length === 0 && named.length === 0) return undefined;
  const recorded = parseDate(r['recordedDate']) ?? parseDate(r['onsetDateTime']);
  const signs = reactions.flatMap((x) => objects(x['manifestation']));
  return {
    type: 'allergy',
    codes: ctx.concepts.keys(substances),
    drug: ctx.concepts.drug(substances),
    ref,
    hits,
    site: 0,
    named,
    verification: verification(r['verificationStatus']),
    current: !isPast(clinicalStatus(r['clinicalStatus'])),
    recorded,
    reactions: ctx.concepts.hits(signs),
    reactionsNamed: signs.flatMap((s) => (ctx.concepts.hits(s).length > 0 ? [] : ctx.concepts.inWords(s))),
  };
}

/** Reads a Device of the patient and what is said of its safety in MR. */
export function readDevice(ctx: ReadContext, r: Json, ref: string): DeviceRecord | undefined {
  const hits = ctx.concepts.hits(r['type']);
  const properties = objects(r['property']);
  const safety = ctx.concepts.hits([r['safety'], ...properties.map((p) => p['valueCode'])]);
  const names = objects(r['deviceName']).map((n) => ({ text: n['name'] }));
  const named = hits.length === 0 ? [r['type'], ...names].flatMap((words) => ctx.concepts.inWords(words)) : [];
  if (hits.length === 0 && named.length === 0 && safety.length === 0) return undefined;
  const status = text(r['status']);
  const present = status === 'unknown' ? undefined : status === undefined || status === 'active';
  const words = [...names, ...objects(r['note']), ...properties.map((p) => ({ text: propertyWords(p) }))];
  const safetyStated =
    safety.length > 0 || objects(r['safety']).length > 0 || words.some((w) => ctx.concepts.speaksOfMrSafety(w));
  return { type: 'device', ref, hits, site: 0, named, present, safety, safetyStated };
}

/** The days of what a claim bills: those of its items, else the period that it is for. It is written later. */
function billedOn(r: Json): Interval | undefined {
  const served = objects(r['item']).flatMap((i) => start(i, 'serviced') ?? []);
  if (served.length === 0) return daysOf(object(r['billablePeriod']));
  return { lo: earliest(served.map(({ lo }) => lo)), hi: latest(served.map(({ hi }) => hi)) };
}

/** Reads what proves nothing but helps to answer: claims, care plans, documents by type and date. */
export function readLead(ctx: ReadContext, r: Json, ref: string): LeadRecord | undefined {
  const items = [
    ...objects(r['item']).map((i) => i['productOrService']),
    ...objects(r['activity']).map((a) => object(a['detail'])?.['code']),
  ];
  const diagnoses = objects(r['diagnosis']).map((d) => d['diagnosisCodeableConcept']);
  const hits = [r['type'], r['category'], ...items, ...diagnoses].flatMap((concept) => ctx.concepts.hits(concept));
  if (hits.length === 0) return undefined;
  const when =
    billedOn(r) ??
    parseDate(object(object(r['context'])?.['period'])?.['start']) ??
    parseDate(r['date']) ??
    parseDate(r['created']) ??
    parseDate(object(r['period'])?.['start']);
  return {
    type: 'lead',
    ref,
    resource: text(r['resourceType']) ?? '',
    hits,
    site: 0,
    when,
  };
}
