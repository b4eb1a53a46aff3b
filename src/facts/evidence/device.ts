import { type Asked, type FactContext, inSets } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { DeviceInput } from '../schema.ts';
import type { Item, Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';

/**
 * Devices in or on the patient, and what is said of their safety in MR. With `cleared-by` each device of the codes is judged
 * by its rating: one unsafe device suffices, one without a rating leaves the question open.
 */
export function deviceEvidence(input: DeviceInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  if (input['rated-as'] !== undefined) return ratingEvidence(input, input['rated-as'], asked, ctx, tally);
  const { codes = [], safety = [], 'cleared-by': clearing } = input;
  const cleared: Item[] = [];
  let uncleared = false;
  for (const { record, name } of recordsOf('device', [...codes, ...safety], ctx)) {
    const found = chartedItem(record.ref, undefined, asked);
    if (record.present === undefined) tally.lead(found, 'nobody knows whether it is still present', true);
    else if (!record.present) tally.ignore(found, 'no longer present');
    else if (clearing !== undefined && !inSets(record.safety, safety, ctx) && inSets(record.safety, clearing, ctx))
      cleared.push(found);
    else {
      uncleared = true;
      if (clearing !== undefined && !inSets(record.safety, safety, ctx))
        tally.lead(found, 'a device without a rating', true);
      else if (inSets(record.named, [name], ctx)) tally.lead(found, 'only words say what it is', true);
      else tally.pro({ ...found, decides: { lo: asked.window.asOf, hi: asked.window.asOf } }, 'device on file');
    }
  }
  const others = cleared.length > 0 ? unlisted(input, asked, ctx) : [];
  for (const found of others) tally.lead(found, 'an implant of another kind, without a rating', true);
  for (const found of cleared)
    if (uncleared || others.length > 0) tally.ignore(found, 'another device is not cleared');
    else tally.contra(found, 'rated as safe');
}

/** Diagnoses that say that a device is present, of a kind of which the chart lists none. */
function unlisted({ kinds = [] }: DeviceInput, asked: Asked, ctx: FactContext): readonly Item[] {
  return kinds.flatMap((name) => {
    if (recordsOf('device', [name], ctx).some(({ record }) => record.present !== false)) return [];
    return recordsOf('condition', [name], ctx).flatMap(({ record: r }) =>
      r.current && r.verification !== 'refuted' ? [chartedItem(r.ref, r.onset, asked)] : [],
    );
  });
}

/**
 * Is each device of a kind rated as wanted? One rated otherwise speaks against. One of which nothing is said is silence; what is
 * said in words or in a code that we do not know leaves it open.
 */
function ratingEvidence(
  { codes = [] }: DeviceInput,
  wanted: readonly string[],
  asked: Asked,
  ctx: FactContext,
  tally: Tally,
): void {
  const rated: Item[] = [];
  let open = false;
  for (const { record } of recordsOf('device', codes, ctx)) {
    const found = chartedItem(record.ref, undefined, asked);
    if (record.present === false) tally.ignore(found, 'no longer present');
    else if (inSets(record.safety, wanted, ctx)) rated.push(found);
    else {
      open = true;
      if (record.safety.length > 0) tally.contra(found, 'rated otherwise');
      else tally.lead(found, 'a device without a rating', record.safetyStated);
    }
  }
  for (const found of rated)
    if (open) tally.ignore(found, 'another device is not rated so');
    else tally.pro(found, 'rated so');
}
