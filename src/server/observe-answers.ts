import type { Response } from 'express';
import type { Logger } from 'pino';
import type { FeedbackEntry } from '../cds-hooks/feedback.ts';
import type { AnsweredHook } from '../cds-hooks/routes.ts';
import type { AnsweredCrd } from '../crd/crd-routes.ts';
import { type Checker, checkOrder, type OrderCheck } from '../criteria-check/check-order.ts';
import type { Decision, FeedbackRecord } from '../decisions/decision.ts';
import type { DecisionLog } from '../decisions/decision-log.ts';
import { recordDecision } from '../decisions/record-decision.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import type { Metrics } from './metrics.ts';

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly log: DecisionLog | undefined;
  readonly checker: Checker;
  /** version of this software */
  readonly engine: string;
}

/** Says whether the decisions of an answer are kept: stored, pending (still being written), lost, or off. */
export const DECISIONS_HEADER = 'X-Decisions';

/** An answer of either base, as it is counted and recorded. */
interface Observed extends Pick<AnsweredHook, 'client' | 'ehr' | 'startedAt'> {
  readonly base: Decision['base'];
  readonly service: { readonly id: string; readonly hook: string };
  readonly answer: Pick<AnsweredHook['answer'], 'calls' | 'data' | 'failed' | 'now'>;
  readonly told: readonly {
    readonly check: OrderCheck;
    /** uuid of the card, or id of the assertion */
    readonly card: string;
    readonly guidance: readonly unknown[];
  }[];
}

/** Counts and records what was answered. Nothing here can break or hold up an answer. */
export class AnswerObserver {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  onAnswer(answered: AnsweredHook, res: Response): Promise<void> {
    const told = answered.answer.told.map(({ check, card }) => ({ check, card: card?.uuid ?? '', guidance: [] }));
    return this.#observe({ ...answered, base: 'cds', told }, res);
  }

  onCrdAnswer(answered: AnsweredCrd, res: Response): Promise<void> {
    const told = answered.answer.told.map(({ check, assertion, said }) => ({ check, card: assertion, guidance: said }));
    return this.#observe({ ...answered, base: 'crd', told }, res);
  }

  async #observe(answered: Observed, res: Response): Promise<void> {
    try {
      this.#count(answered);
      res.set(DECISIONS_HEADER, await this.#record(answered));
    } catch (error) {
      this.#options.metrics.decisions.inc({ state: 'lost' });
      this.#options.logger.error(
        { error: error instanceof Error ? error.name : 'unknown' },
        'an answer was not recorded',
      );
    }
  }

  async onFeedback(feedback: readonly FeedbackEntry[], client: CdsClient | undefined): Promise<void> {
    for (const f of feedback) this.#options.metrics.feedback.inc({ outcome: f.outcome });
    await this.#options.log?.keep(
      [],
      feedback.map((f) => feedbackRecord(f, client)),
    );
  }

  #count({ service, answer, told, startedAt }: Observed): void {
    const { metrics, logger } = this.#options;
    metrics.hooks.observe({ service: service.id, status: 200 }, (performance.now() - startedAt) / 1000);
    for (const { check } of told) {
      const checked = check.kind === 'checked';
      metrics.assessments.inc({
        policy: checked ? check.policy.id : 'none',
        outcome: checked ? check.assessment.outcome : 'undetermined',
        reason: checked ? (check.assessment.reason ?? 'none') : check.reason,
      });
    }
    if (told.length > 0)
      for (const [section, { state }] of answer.data?.sections ?? []) metrics.sections.inc({ section, state });
    for (const call of answer.calls) metrics.fhirCalls.inc({ result: call.result });
    for (const { error } of answer.failed) {
      metrics.failedChecks.inc();
      logger.error({ error }, 'the check of an order broke');
    }
  }

  async #record(answered: Observed): Promise<string> {
    const { log } = this.#options;
    if (log === undefined) return 'off';
    if (answered.told.length === 0) return 'none';
    const kept = await log.keep(this.#decisions(answered));
    if (this.#options.checker.knowledge.policies.hasShadows) setImmediate(() => this.#shadow(answered, log));
    return kept;
  }

  /** After the answer: the same orders under the texts that are not in force yet. */
  #shadow(answered: Observed, log: DecisionLog): void {
    const { checker, logger } = this.#options;
    const { told } = answered;
    const { data } = answered.answer;
    if (data === undefined) return;
    const shadow: Checker = { ...checker, texts: 'shadow' };
    try {
      const again = told.flatMap((t) => {
        if (t.check.kind !== 'checked') return [];
        const check = checkOrder(t.check.order, { ...data, settled: t.check.payer }, shadow);
        return check === undefined ? [] : [{ ...t, guidance: [], check }];
      });
      void log.keep(this.#decisions({ ...answered, told: again }, 'shadow'));
    } catch (error) {
      logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a shadow text could not be evaluated');
    }
  }

  #decisions(answered: Observed, mode: Decision['mode'] = 'live'): readonly Decision[] {
    const { base, service, answer, told, client, ehr, startedAt } = answered;
    const { data } = answer;
    if (data === undefined) return [];
    const circumstances = {
      base,
      mode,
      service: service.id,
      hook: service.hook,
      ...(ehr !== undefined && { ehr }),
      ...(client !== undefined && { issuer: client.issuer }),
      engine: this.#options.engine,
      at: new Date(),
      now: answer.now,
      latencyMs: Math.round((performance.now() - startedAt) * 10) / 10,
    } as const;
    const { studies } = this.#options.checker.knowledge;
    return told.map(({ check, card, guidance }) => recordDecision(check, card, data, circumstances, studies, guidance));
  }
}

const feedbackRecord = (f: FeedbackEntry, client: CdsClient | undefined): FeedbackRecord => ({
  card: f.card,
  outcome: f.outcome,
  suggestions: (f.acceptedSuggestions ?? []).map((s) => s.id),
  reasonSystem: f.overrideReason?.reason?.system ?? null,
  reasonCode: f.overrideReason?.reason?.code ?? null,
  comment: f.overrideReason?.userComment ?? null,
  at: f.outcomeTimestamp,
  ehr: client?.ehr.id ?? null,
});
