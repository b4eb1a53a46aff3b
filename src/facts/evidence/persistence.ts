import { add, type Day } from '../../dates/day.ts';
import { type Asked, type FactContext, fitsRegion } from '../context.ts';
import type { PersistenceInput } from '../schema.ts';
import { type Item, Tally } from '../tally.ts';
import { duration } from '../vocabulary.ts';
import { inWindow } from './finding.ts';
import { improvementEvidence } from './symptoms.ts';

/**
 * The complaint goes on: it did not improve, or it is seen again (a visit for it, a score of pain) when it has lasted long
 * enough. A significant improvement speaks against.
 */
export function persistenceEvidence(input: PersistenceInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const course = new Tally(asked.query.fact);
  improvementEvidence({ scores: input.scores, claims: 'none' }, asked, ctx, course);
  const { truth } = course.decide();
  if (truth === 'false') {
    for (const item of course.against) tally.contra(item, 'improved');
    return;
  }
  for (const item of course.for) if (inWindow(item, asked, tally)) tally.pro(item, 'not improved');
  const { onset, knownSince } = ctx.episode(asked.query.region);
  const began = onset?.hi ?? knownSince;
  if (began === undefined) return;
  for (const item of seenAgain(input, add(began, duration(input['at-least'])), asked, ctx))
    if (inWindow(item, asked, tally)) tally.pro(item, 'the complaint is seen again');
}

/** Visits for the complaint of the region, and scores of its pain above zero, on or after a day. */
function seenAgain(input: PersistenceInput, from: Day, asked: Asked, ctx: FactContext): readonly Item[] {
  const complaints = Object.values(ctx.vocabulary.episode.complaints)
    .flat()
    .map((s) => ctx.set(s));
  const visits = ctx.chart.encounters.filter(
    (v) => v.held && v.reasons.some((h) => complaints.includes(h.set) && fitsRegion(asked, h.place)),
  );
  const scores = input.scores
    .flatMap((name) => ctx.chart.bySet(ctx.set(name)))
    .flatMap((r) => (r.type === 'observation' && r.final && r.value?.kind === 'number' && r.value.value > 0 ? [r] : []))
    .filter((r) => fitsRegion(asked, r.site));
  return [...visits, ...scores].flatMap((r) =>
    r.when !== undefined && r.when.lo >= from ? [{ ref: r.ref, date: r.when, basis: 'chart' as const }] : [],
  );
}
