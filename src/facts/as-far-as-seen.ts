import type { Section } from '../chart/sections.ts';
import type { Day } from '../dates/day.ts';
import { type FactValue, type Gap, type Later, SILENT } from '../policy/fact-source.ts';
import { filled } from './combined.ts';
import { type FactContext, hasUnseen } from './context.ts';
import { type FactPlan, sufficientlySeen } from './fact-plan.ts';
import type { Tally } from './tally.ts';

/** Why a fact is not settled: what was not seen of the chart. */
export interface Unsettled {
  readonly gap: Gap | undefined;
  readonly sections: readonly Section[] | undefined;
}
/** Nothing is open. */
export const NO_GAP: Unsettled = { gap: undefined, sections: undefined };

/** The sections in which more could be found, if none that suffices was seen whole. */
const notSeen = (plan: FactPlan, { chart: { sections } }: FactContext): readonly Section[] | undefined =>
  sufficientlySeen(plan, sections) ? undefined : plan.sections.filter((s) => sections.get(s) !== 'complete');

/** What a tally comes to; what speaks against it until something comes later does not, when that may not have been seen. */
export function asFarAsSeen(tally: Tally, plan: FactPlan, { chart }: FactContext): ReturnType<Tally['decide']> {
  const decided = tally.decide();
  return decided.truth === 'false' && tally.againstUntilLater && !sufficientlySeen(plan, chart.sections)
    ? { truth: 'unknown', evidence: [], gap: 'silent' }
    : decided;
}

/** What may have come after the latest evidence that settles the question: what does not settle it, and what was not seen. */
export function mayFollow(openUntil: Day, plan: FactPlan, ctx: FactContext): Later | undefined {
  const sections = notSeen(plan, ctx);
  if (sections !== undefined) return { until: ctx.asOf, sections };
  return openUntil === Number.NEGATIVE_INFINITY ? undefined : { until: Math.min(openUntil, ctx.asOf) };
}

/** The value of a fact of which the chart holds nothing. */
export function silence(plan: FactPlan, ctx: FactContext): FactValue {
  const gap = gapOf('silent', plan, new Set(), ctx);
  if (gap.sections === undefined) return SILENT;
  return { truth: 'unknown', evidence: [], ...gap, later: mayFollow(Number.NEGATIVE_INFINITY, plan, ctx) };
}

/**
 * Why a fact is not settled. A silence is a silence only when one sufficient section is complete.
 * @param unseen the sections in which an entry that was not retrieved may say otherwise
 */
export function gapOf(gap: Gap | undefined, plan: FactPlan, unseen: ReadonlySet<Section>, ctx: FactContext): Unsettled {
  if (gap === 'incomplete') return { gap, sections: [...unseen] };
  if (gap !== 'silent') return { gap: gap ?? 'unclear', sections: undefined };
  const sections = notSeen(plan, ctx);
  if (sections !== undefined) return { gap: 'incomplete', sections };
  // enough was seen to say that there is none, not that nothing speaks for it
  return { gap, sections: filled(plan.sections.filter((s) => hasUnseen(ctx, s))) };
}
