import type { AllergyRecord } from '../../chart/records.ts';
import { type Asked, type FactContext, inSets } from '../context.ts';
import { recordsOf } from '../records-of.ts';
import type { AllergyInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';

/**
 * Allergies to a substance, with a reaction. With a reaction it is a history of it that counts: that the allergy is inactive now
 * leaves it open.
 */
export function allergyEvidence(input: AllergyInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const { record, name } of recordsOf('allergy', input.codes, ctx)) {
    const found = chartedItem(record.ref, record.recorded, asked);
    if (record.recorded !== undefined && record.recorded.lo > asked.window.asOf)
      tally.ignore(found, 'recorded after the order');
    else if (record.verification === 'refuted') {
      if (!input.suggests) tally.contra(found, 'documented as no allergy');
    } else if (!record.current && input.reaction === undefined) tally.ignore(found, 'inactive');
    else {
      const doubt = doubtOf(record, name, input, ctx);
      if (doubt === undefined) tally.pro(found, 'allergy on file');
      else tally.lead(found, doubt, doubt !== OTHER_REACTION);
    }
  }
}

/** That alone leaves nothing open. */
const OTHER_REACTION = 'another or no reaction is stated';

/** Why an allergy that is not refuted does not prove the one that is looked for. @param name the set by which it was found */
function doubtOf(
  { reactions, reactionsNamed, current, named, verification }: AllergyRecord,
  name: string,
  { reaction, suggests }: AllergyInput,
  ctx: FactContext,
): string | undefined {
  if (reaction !== undefined && !inSets(reactions, reaction, ctx))
    return inSets(reactionsNamed, reaction, ctx) ? 'only words say how the patient reacted' : OTHER_REACTION;
  if (!current) return 'inactive';
  if (inSets(named, [name], ctx)) return 'only words say to what';
  if (verification === 'suspected') return 'only suspected';
  return suggests ? 'of a kind that is not stated' : undefined;
}
