import { parseDate } from '../../dates/day.ts';
import { type Json, object, objects, text } from '../json.ts';
import type { ReadContext } from '../read-context.ts';
import type { EncounterRecord } from '../records.ts';
import { localKey } from '../references.ts';

/** v3 ActCode classes of visits at which patient and clinician are in one place; VR (telehealth) is not among them. */
const IN_PERSON = new Set(['AMB', 'EMER', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS', 'HH', 'FLD']);
const HELD = new Set(['finished', 'in-progress', 'onleave', 'arrived', 'triaged']);

/** Reads an Encounter. */
export function readEncounter(ctx: ReadContext, r: Json, ref: string): EncounterRecord | undefined {
  const status = text(r['status']);
  const code = text(object(r['class'])?.['code']);
  const period = object(r['period']);
  const when = parseDate(period?.['start']) ?? parseDate(period?.['end']);
  const diagnoses = objects(r['diagnosis']).flatMap((d) => localKey(object(d['condition'])) ?? []);
  const reasonReferences = objects(r['reasonReference']).flatMap((d) => localKey(d) ?? []);
  const known = [...diagnoses, ...reasonReferences];
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
    reasons: [...ctx.hits(r['reasonCode']), ...known.flatMap((k) => ctx.conditionHits(k))],
    hasReason: r['reasonCode'] !== undefined || known.length > 0,
    diagnoses: known,
  };
}
