import { html, useEffect, useRef, useState } from 'htm/preact';
import type { ChartView, HookWish, Json, Mood, PayerRow, ReasonRow, Start } from '../../sandbox/ehr/wire.ts';
import type { Answered, Override } from './ehr-advice.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import type { Calls } from './ehr-calls.ts';
import { type Card, cardsOf, type Suggestion } from './ehr-card.ts';
import { Chart } from './ehr-chart.ts';
import { Compare, useComparison } from './ehr-compare.ts';
import { Decision } from './ehr-decision.ts';
import { tellAccepted, tellOverridden } from './ehr-feedback.ts';
import { OrderForm } from './ehr-form.ts';
import { Guide } from './ehr-guide.ts';
import { applyActions, newOrder, type PayerChoice, studyOf, withPayer, withReason } from './ehr-order.ts';
import type { View } from './ehr-parts.ts';
import { useSaves } from './ehr-saves.ts';

/** So long the page waits for further changes of the order before it asks. */
const SETTLE_MS = 350;

interface DeskProps {
  readonly api: Api;
  readonly start: Start;
  readonly chart: ChartView;
  readonly calls: Calls;
  readonly mood: Mood;
  /** "Practitioner/wells" */
  readonly user: string;
  readonly onUser: (user: string) => void;
  /** the chart has changed */
  readonly onChart: () => Promise<void>;
  /** another order is to be begun */
  readonly onNew: () => void;
}

type Phase = 'draft' | 'signing' | 'signed';
type Hook = HookWish['hook'];

const needsAnswers = (card: Card): boolean =>
  (card.assessment?.questions.length ?? 0) > 0 && card.assessment?.outcome !== 'met';

/** One order for one patient, from the blank form to the signature. */
export function Desk(props: DeskProps): View {
  const { api, start, chart, calls, mood, user, onUser, onChart, onNew } = props;
  const patient = chart.patient.id;
  const [order, setOrder] = useState<Json>(() => newOrder(patient, user, start.today));
  const [others, setOthers] = useState<readonly Json[]>([]);
  const [payer, setPayer] = useState<PayerChoice>({ kind: 'filed' });
  const [phase, setPhase] = useState<Phase>('draft');
  const [pending, setPending] = useState(false);
  const [answered, setAnswered] = useState<ReadonlyMap<number, Answered>>(new Map());
  const [note, setNote] = useState<string | undefined>(undefined);
  const [panel, setPanel] = useState<string | undefined>(undefined);
  const [tabOpened, setTabOpened] = useState(false);
  /** the last call before this order was begun */
  const from = useRef(calls.seen.at(-1)?.n ?? 0);
  const study = studyOf(order);

  const wish = (hook: Hook, choice: PayerChoice = payer): HookWish => ({
    hook,
    patient,
    user,
    orders: [withPayer(order, choice), ...others],
    selections: [String(order['id'])],
    withoutCoverage: choice.kind === 'none',
  });
  const ask = (hook: Hook): void => {
    setAnswered(new Map());
    void calls.ask(wish(hook));
  };

  // an order with a study is selected anew whenever it changes; a blank one is none of the service's business
  const basket = JSON.stringify(wish('order-select'));
  useEffect(() => {
    if (phase === 'signed') return undefined;
    setPhase('draft');
    if (study === undefined) {
      calls.drop();
      return undefined;
    }
    setPending(true);
    const timer = setTimeout(() => {
      setPending(false);
      ask('order-select');
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [basket, mood]);

  const watching = panel !== undefined || tabOpened;
  const saves = useSaves(calls, patient, from.current, watching);
  useEffect(() => {
    if (saves === 0 || phase === 'signed') return;
    setNote('The worksheet saved answers to the chart; the order was selected again.');
    void onChart();
    ask(phase === 'signing' ? 'order-sign' : 'order-select');
  }, [saves]);

  const line = payer.kind === 'payer' && payer.line !== '' ? payer.line : 'commercial';
  const comparison = useComparison(calls, start.payers, ({ name }: PayerRow) =>
    wish('order-select', { kind: 'payer', name, line, plan: '' }),
  );

  const hookOfCards = calls.reply?.exchange.what ?? 'order-select';
  /** What was said before is not about what the user does now. */
  const anew =
    <T>(set: (value: T) => void) =>
    (value: T): void => {
      setNote(undefined);
      set(value);
    };
  const answer = (card: Card, how: Answered): void => setAnswered((before) => new Map(before).set(card.index, how));
  const apply = async (card: Card, suggestion: Suggestion): Promise<void> => {
    const applied = applyActions(order, others, suggestion.actions);
    if (!applied.ok) return answer(card, { kind: 'failed', why: `Not applied: ${applied.why}` });
    setOrder(applied.order);
    setOthers(applied.others);
    setNote(`Applied: ${suggestion.label}.`);
    setNote(`Applied: ${suggestion.label}. ${await tellAccepted(calls.tell, hookOfCards, card, suggestion)}`);
  };
  const override = async (card: Card, how: Override): Promise<void> =>
    answer(card, { kind: 'overridden', words: await tellOverridden(calls.tell, hookOfCards, card, how) });

  const sign = (): void => {
    setPhase('signing');
    setNote(undefined);
    ask('order-sign');
  };
  const complete = async (): Promise<void> => {
    const own = start.fhir.remote === undefined;
    try {
      if (own) await api.post('sign', { orders: wish('order-sign').orders });
      setPhase('signed');
      setNote(
        own
          ? 'Signed: the order is in the chart.'
          : 'Signed on this page alone: orders are not written to this FHIR server.',
      );
      await onChart();
    } catch (error) {
      setNote(`Not signed. ${wordsOf(error)}`);
    }
  };

  const stale = pending || calls.asking !== undefined;
  const cards = calls.reply === undefined ? [] : cardsOf(calls.reply.exchange.response?.body);
  const progress = {
    ordered: study !== undefined,
    answered: calls.reply !== undefined && !stale,
    open: cards.some(needsAnswers),
    saved: saves > 0,
  };
  return html`<div>
    <${Guide} progress=${progress} worksheet=${watching} />
    <div class="desk">
      <section class="panel order" aria-labelledby="order-heading">
        <h2 id="order-heading">Order</h2>
        <${OrderForm}
          api=${api}
          chart=${chart}
          order=${order}
          others=${others}
          payer=${payer}
          user=${user}
          people=${start.people}
          payers=${start.payers}
          signed=${phase === 'signed'}
          onOrder=${anew(setOrder)}
          onOthers=${anew(setOthers)}
          onPayer=${anew(setPayer)}
          onUser=${onUser}
        />
        <div class="row">
          ${
            phase === 'signed'
              ? html`<button type="button" class="primary" onClick=${onNew}>New order</button>`
              : html`<button
                    type="button"
                    disabled=${study === undefined}
                    onClick=${() => {
                      setNote(undefined);
                      setPhase('draft');
                      ask('order-select');
                    }}
                  >
                    Select again
                  </button>
                  <button type="button" disabled=${study === undefined || phase === 'signing'} onClick=${sign}>Sign</button>
                  <button type="button" disabled=${study === undefined} onClick=${comparison.begin}>Under every payer</button>`
          }
        </div>
      </section>
      <${Decision}
        asking=${calls.asking}
        blank=${study === undefined}
        note=${note}
        problem=${calls.problem}
        signing=${
          phase === 'signing'
            ? { stale, onComplete: () => void complete(), onBack: () => setPhase('draft') }
            : undefined
        }
        panel=${panel}
        reply=${calls.reply}
        stale=${stale}
        answered=${answered}
        onClosePanel=${() => setPanel(undefined)}
        onAgain=${() => ask(phase === 'signing' ? 'order-sign' : 'order-select')}
        onApply=${(card: Card, suggestion: Suggestion) => void apply(card, suggestion)}
        onOverride=${(card: Card, how: Override) => void override(card, how)}
        onPanel=${setPanel}
        onTab=${() => setTabOpened(true)}
      />
      <${Chart} api=${api} chart=${chart} onReason=${(reason: ReasonRow) => setOrder(withReason(order, reason))} />
    </div>
    ${
      comparison.rows !== undefined &&
      html`<${Compare}
        study=${`${study?.code ?? ''} ${study?.label ?? ''}`}
        line=${line}
        rows=${comparison.rows}
        onClose=${comparison.end}
      />`
    }
  </div>`;
}
