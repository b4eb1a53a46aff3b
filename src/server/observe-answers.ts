import type { Response } from 'express';
import type { Logger } from 'pino';
import type { FeedbackEntry } from '../cds-hooks/feedback.ts';
import type { AnsweredHook } from '../cds-hooks/routes.ts';
import type { AnsweredCrd, CrdCall } from '../crd/crd-routes.ts';
import { checkOrder } from '../criteria-check/check-order.ts';
import type { Checker, OrderCheck } from '../criteria-check/order-check.ts';
import { type UngovernedReason, whyUngoverned } from '../criteria-check/ungoverned.ts';
import type { Decision, FeedbackRecord } from '../decisions/decision.ts';
import type { DecisionLog } from '../decisions/decision-log.ts';
import { type InvocationRow, sealInvocation } from '../decisions/invocation.ts';
import { recordDecision, recordGuidance, type UncheckedGuidance } from '../decisions/record-decision.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Sealing } from '../smart/sealed-text.ts';
import type { CdsClient } from '../trust/client-tokens.ts';
import type { Metrics } from './metrics.ts';
import { type LogNote, note, requestId } from './request-log.ts';

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly log: DecisionLog | undefined;
  readonly checker: Checker;
  /** version of this software */
  readonly engine: string;
  /** for calls of payer mode */
  readonly sealing: Sealing;
}

/** Says whether the decisions of an answer are kept: stored, pending (still being written), lost, or off. */
const DECISIONS_HEADER = 'X-Decisions';

/** An answer of either base, as it is counted and recorded. */
interface Observed extends Pick<AnsweredHook, 'client' | 'ehr' | 'hookInstance' | 'startedAt'> {
  readonly base: Decision['base'];
  readonly service: { readonly id: string; readonly hook: string };
  readonly answer: Pick<AnsweredHook['answer'], 'calls' | 'data' | 'failed' | 'now'>;
  readonly told: readonly {
    readonly check: OrderCheck;
    /** uuid of the card, or id of the assertion */
    readonly card: string;
    readonly guidance: readonly unknown[];
  }[];
  /** what payer mode said of orders that were not checked */
  readonly unchecked: readonly UncheckedGuidance[];
  /** orders that no text in force governs, but maybe one that is tried */
  readonly ungoverned: readonly ImagingOrder[];
  /** the call itself, where it is kept too */
  readonly invocation?: Promise<InvocationRow>;
}

/** Counts and records what was answered. Nothing here can break or hold up an answer. */
export class AnswerObserver {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  onAnswer(answered: AnsweredHook, res: Response): Promise<void> {
    const told = answered.answer.told.map(({ check, card }) => ({ check, card: card?.uuid ?? '', guidance: [] }));
    return this.#observe(
      { ...answered, base: 'cds', told, unchecked: [], ungoverned: answered.answer.ungoverned },
      res,
    );
  }

  onCrdAnswer(answered: AnsweredCrd, call: CrdCall, res: Response): Promise<void> {
    const { patientId } = answered;
    const told = answered.answer.told.flatMap(({ check, assertion, said }) =>
      check === undefined ? [] : [{ check, card: assertion, guidance: said }],
    );
    const unchecked = answered.answer.told.flatMap(({ order, payer, unchecked: reason, assertion, said }) =>
      reason === undefined || said.length === 0
        ? []
        : [{ order, payer, reason, patientId, card: assertion, guidance: said }],
    );
    const assertions = answered.answer.told.map(({ assertion }) => assertion);
    const invocation = this.#options.log === undefined ? undefined : this.#sealed(call, assertions, res);
    invocation?.catch(() => {}); // told of where it is kept
    return this.#observe(
      { ...answered, base: 'crd', told, unchecked, ungoverned: [], ...(invocation !== undefined && { invocation }) },
      res,
    );
  }

  /** A call of payer mode that was refused is kept too. */
  async onCrdRefusal(call: CrdCall, res: Response): Promise<void> {
    const { log } = this.#options;
    const notes = { service: call.service.id, ...(call.ehr !== undefined && { ehr: call.ehr }) };
    if (log === undefined) return tell(Promise.resolve('off'), notes, res);
    try {
      const invocation = await this.#sealed(call, [], res);
      await tell(log.keep([], [], [invocation]), notes, res);
    } catch (error) {
      this.#lost(error, 1, res);
    }
  }

  #sealed(
    { service, client, ehr, request, status, response }: CrdCall,
    assertions: readonly string[],
    res: Response,
  ): Promise<InvocationRow> {
    return sealInvocation(
      {
        id: requestId(res),
        at: new Date().toISOString(),
        service: service.id,
        hook: service.hook,
        status,
        ehr: ehr ?? null,
        issuer: client?.issuer ?? null,
        assertions,
        request,
        response,
      },
      this.#options.sealing,
    );
  }

  #lost(error: unknown, records: number, res: Response): void {
    res.set(DECISIONS_HEADER, 'lost');
    this.#options.metrics.decisions.inc({ state: 'lost' }, records);
    this.#options.logger.error(
      { id: requestId(res), error: error instanceof Error ? error.name : 'unknown' },
      'an answer was not recorded',
    );
  }

  /** What waits for the store holds nothing of the chart. */
  #observe(answered: Observed, res: Response): Promise<void> {
    const records = answered.told.length + answered.unchecked.length + (answered.invocation === undefined ? 0 : 1);
    const lost = (error: unknown): void => this.#lost(error, records, res);
    try {
      const ungoverned = this.#reasons(answered);
      this.#count(answered, ungoverned);
      const notes = notesOf(answered, ungoverned);
      return tell(this.#record(answered), notes, res).catch(lost);
    } catch (error) {
      lost(error);
      return Promise.resolve();
    }
  }

  async onFeedback(feedback: readonly FeedbackEntry[], client: CdsClient | undefined, res: Response): Promise<void> {
    const { log, metrics } = this.#options;
    for (const f of feedback) metrics.feedback.inc({ outcome: f.outcome });
    const records = feedback.map((f) => feedbackRecord(f, client));
    res.set(DECISIONS_HEADER, log === undefined ? 'off' : await log.keep([], records));
  }

  /** Why orders got no card, as no text governs them. */
  #reasons({ ungoverned, answer: { data } }: Observed): readonly UngovernedReason[] {
    return data === undefined ? [] : ungoverned.map((order) => whyUngoverned(order, data, this.#options.checker));
  }

  #count({ answer, told }: Observed, ungoverned: readonly UngovernedReason[]): void {
    const { metrics, logger } = this.#options;
    for (const reason of ungoverned) metrics.ungovernedOrders.inc({ reason });
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
    for (const { error, late } of answer.failed) {
      metrics.uncheckedOrders.inc({ reason: late === true ? 'late' : 'broken' });
      if (late !== true) logger.error({ error }, 'the check of an order broke');
    }
  }

  #record(answered: Observed): Promise<string> {
    const { log } = this.#options;
    if (log === undefined) return Promise.resolve('off');
    const { base, told, unchecked, ungoverned, invocation } = answered;
    // Data of payer mode are for its answers and their audit, not for trying texts.
    const tries = base === 'cds' && this.#options.checker.knowledge.policies.hasShadows;
    if (tries && told.length + ungoverned.length > 0) setImmediate(() => this.#shadow(answered, log));
    const decisions = told.length + unchecked.length === 0 ? [] : this.#decisions(answered);
    if (invocation !== undefined) return invocation.then((row) => log.keep(decisions, [], [row]));
    return decisions.length === 0 ? Promise.resolve('none') : log.keep(decisions);
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
      const first = answered.ungoverned.flatMap((order) => {
        const check = checkOrder(order, data, shadow);
        return check?.kind === 'checked' ? [{ card: '', guidance: [], check }] : [];
      });
      const tried = [...again, ...first];
      if (tried.length > 0) void log.keep(this.#decisions({ ...answered, told: tried, unchecked: [] }, 'shadow'));
    } catch (error) {
      logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a shadow text could not be evaluated');
    }
  }

  #decisions(answered: Observed, mode: Decision['mode'] = 'live'): readonly Decision[] {
    const { base, service, answer, told, unchecked, client, ehr, startedAt } = answered;
    const { data } = answer;
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
    const { knowledge } = this.#options.checker;
    return [
      ...(data === undefined
        ? []
        : told.map(({ check, card, guidance }) =>
            recordDecision(check, card, data, circumstances, knowledge, guidance),
          )),
      ...unchecked.map((said) => recordGuidance(said, circumstances, knowledge)),
    ];
  }
}

/** Says in the answer and in the log what became of the records. */
async function tell(keeping: Promise<string>, notes: LogNote, res: Response): Promise<void> {
  const kept = await keeping;
  res.set(DECISIONS_HEADER, kept);
  note(res, { ...notes, decisions: kept });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the log says of an answer. A hookInstance is written when it is the UUID that it has to be; anything else could be anything. */
function notesOf(
  { service, ehr, hookInstance, told, unchecked, answer }: Observed,
  ungoverned: readonly UngovernedReason[],
): LogNote {
  const failed = [...new Set(answer.calls.map((c) => c.result))].filter((r) => r !== 'ok');
  return {
    service: service.id,
    ...(ehr !== undefined && { ehr }),
    ...(UUID.test(hookInstance) && { hookInstance }),
    outcomes: [
      ...told.map(({ check }) => (check.kind === 'checked' ? check.assessment.outcome : check.reason)),
      ...unchecked.map(({ reason }) => reason),
    ],
    ...(ungoverned.length > 0 && { ungoverned }),
    fhirCalls: answer.calls.length,
    ...(failed.length > 0 && { fhirFailures: failed }),
  };
}

/** Texts that a store cannot hold. */
const storable = (text: string | undefined): string | null => text?.replaceAll('\u0000', '') ?? null;

const feedbackRecord = (f: FeedbackEntry, client: CdsClient | undefined): FeedbackRecord => ({
  card: f.card.replaceAll('\u0000', ''),
  outcome: f.outcome,
  suggestions: (f.acceptedSuggestions ?? []).map((s) => s.id),
  reasonSystem: storable(f.overrideReason?.reason?.system),
  reasonCode: storable(f.overrideReason?.reason?.code),
  comment: storable(f.overrideReason?.userComment),
  at: f.outcomeTimestamp,
  ehr: client?.ehr.id ?? null,
});
