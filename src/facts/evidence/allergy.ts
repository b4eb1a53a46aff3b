import { type Asked, type FactContext, inSets } from '../context.ts';
import type { AllergyInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { chartedItem } from './charted-item.ts';

/**
 * Allergies to a substance, with a reaction. With a reaction it is a history of it that counts: that the allergy is inactive now
 * leaves it open.
 */
export function allergyEvidence(input: AllergyInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  for (const name of input.codes) {
    for (const record of ctx.chart.bySet(ctx.set(name))) {
      if (record.type !== 'allergy') continue;
      const found = chartedItem(record.ref, record.recorded, asked);
      if (record.recorded !== undefined && record.recorded.lo > asked.window.asOf)
        tally.ignore(found, 'recorded after the order');
      else if (record.verification === 'refuted') {
        if (!input.suggests) tally.contra(found, 'documented as no allergy');
      } else if (input.reaction !== undefined && !inSets(record.reactions, input.reaction, ctx)) {
        if (inSets(record.reactionsNamed, input.reaction, ctx))
          tally.lead(found, 'only words say how the patient reacted', true);
        else tally.lead(found, 'another or no reaction is stated');
      } else if (!record.current && input.reaction === undefined) tally.ignore(found, 'inactive');
      else if (!record.current) tally.lead(found, 'inactive', true);
      else if (inSets(record.named, [name], ctx)) tally.lead(found, 'only words say to what', true);
      else if (record.verification === 'suspected') tally.lead(found, 'only suspected', true);
      else if (input.suggests) tally.lead(found, 'of a kind that is not stated', true);
      else tally.pro(found, 'allergy on file');
    }
  }
}
