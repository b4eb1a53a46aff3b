import type { Decision, FeedbackRecord } from './decision.ts';

/** What became of the cards of a policy, or of those that named a criterion. */
export interface FeedbackLine {
  readonly name: string;
  readonly shown: number;
  readonly accepted: number;
  readonly overridden: number;
  /** override reasons by code; "other" = free text only */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface FeedbackSummary {
  readonly policies: readonly (FeedbackLine & { readonly criteria: readonly FeedbackLine[] })[];
  /** feedback on cards without a record */
  readonly unknownCards: number;
}

interface Counts {
  shown: number;
  accepted: number;
  overridden: number;
  readonly reasons: Map<string, number>;
}

const none = (): Counts => ({ shown: 0, accepted: 0, overridden: 0, reasons: new Map() });

function count(into: Counts, feedback: FeedbackRecord | undefined): void {
  into.shown++;
  if (feedback === undefined) return;
  into[feedback.outcome]++;
  if (feedback.outcome !== 'overridden') return;
  const reason = feedback.reasonCode ?? 'other';
  into.reasons.set(reason, (into.reasons.get(reason) ?? 0) + 1);
}

const line = (name: string, { shown, accepted, overridden, reasons }: Counts): FeedbackLine => ({
  name,
  shown,
  accepted,
  overridden,
  reasons: Object.fromEntries(reasons),
});

/** The criteria that a card named: satisfied, contradicted, nearest, missing. */
function criteriaOf(result: string): ReadonlySet<string> {
  const { satisfied, contradicted, paths } = JSON.parse(result) as Readonly<
    Record<'satisfied' | 'contradicted' | 'paths', readonly { readonly criterion: string }[] | undefined>
  >;
  return new Set([...(satisfied ?? []), ...(contradicted ?? []), ...(paths ?? [])].map((c) => c.criterion));
}

/**
 * Sums up feedback by policy and criterion.
 * @param decisions those whose cards were shown; without a card they do not count
 * @param feedback in the order of the users' acts: the last on a card decides
 */
export async function summarizeFeedback(
  decisions: AsyncIterable<Decision>,
  feedback: readonly FeedbackRecord[],
): Promise<FeedbackSummary> {
  const last = new Map(feedback.map((f) => [f.card, f]));
  const policies = new Map<string, { readonly counts: Counts; readonly criteria: Map<string, Counts> }>();
  for await (const decision of decisions) {
    if (decision.card === '' || decision.policy === null) continue;
    const entry = policies.get(decision.policy) ?? { counts: none(), criteria: new Map<string, Counts>() };
    policies.set(decision.policy, entry);
    const told = last.get(decision.card);
    last.delete(decision.card);
    count(entry.counts, told);
    for (const criterion of criteriaOf(decision.result)) {
      const counts = entry.criteria.get(criterion) ?? none();
      entry.criteria.set(criterion, counts);
      count(counts, told);
    }
  }
  return {
    policies: [...policies].sort().map(([policy, { counts, criteria }]) => ({
      ...line(policy, counts),
      criteria: [...criteria].sort().map(([name, c]) => line(name, c)),
    })),
    unknownCards: last.size,
  };
}
