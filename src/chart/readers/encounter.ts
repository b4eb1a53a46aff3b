import { parseDate } from '../../dates/day.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { EncounterRecord } from '../records.ts';

/** v3 ActCode classes of visits at which patient and clinician are in one place; VR (telehealth) is not among them. */
const IN_PERSON = new Set(['AMB', 'EMER', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS', 'HH', 'FLD']);
/** Finished, or under way on the day; "arrived" and "triaged" say that the patient waits. */
const HELD = new Set(['finished', 'in-progress', 'onleave']);

/** Reads an Encounter. */
export function readEncounter(ctx: ReadContext, r: Json, ref: string): EncounterRecord | undefined {
  const status = text(r['status']);
  const code = text(object(r['class'])?.['code']);
  const period = object(r['period']);
  const when = parseDate(period?.['start']) ?? parseDate(period?.['end']);
  const references = [...objects(r['diagnosis']).map((d) => object(d['condition'])), ...objects(r['reasonReference'])];
  const known = references.flatMap((c) => ctx.condition(r, c) ?? []);
  return {
    type: 'encounter',
    ref,
    hits: ctx.hits(r['type']),
    site: 0,
    inPerson: code !== undefined && IN_PERSON.has(code),
    held: status === undefined || HELD.has(status),
    cancelled: status === 'cancelled',
    ...(when !== undefined && { when }),
    specialties: [
      ...ctx.hits(r['serviceType']),
      ...ctx.specialties(
        r,
        objects(r['participant']).map((p) => object(p['individual'])),
      ),
    ],
    reasons: [...ctx.hits(r['reasonCode']), ...known.filter((c) => !c.refuted).flatMap((c) => c.hits)],
    ruledOut: known.filter((c) => c.refuted).flatMap((c) => c.hits),
    reasonCodes: [...ctx.keys(r['reasonCode']), ...known.flatMap((c) => c.codes)],
    hasReason: r['reasonCode'] !== undefined || references.length > 0,
  };
}
