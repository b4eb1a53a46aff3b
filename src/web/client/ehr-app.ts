import { html, useEffect, useMemo, useRef, useState } from 'htm/preact';
import type { ChartView, HookWish, Json, Mood, PatientRow, PayerRow, SeenCall, Start } from '../../sandbox/ehr/wire.ts';
import { Advice, type Answered, type Override } from './ehr-advice.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import { type Asking, useCalls } from './ehr-calls.ts';
import { type Card, cardsOf, type Suggestion } from './ehr-card.ts';
import { Chart } from './ehr-chart.ts';
import { Compare, type Compared } from './ehr-compare.ts';
import { OrderForm } from './ehr-form.ts';
import { Guide } from './ehr-guide.ts';
import { applyActions, newOrder, type PayerChoice, studyOf, withPayer, withReason } from './ehr-order.ts';
import { Failure, type View } from './ehr-parts.ts';
import { aboutPatient, Patients } from './ehr-patients.ts';
import { TracePanel } from './ehr-trace.ts';

/** So long the page waits for further changes of the order before it asks. */
const SETTLE_MS = 350;
/** So often it looks whether the worksheet has saved. */
const LOOK_MS = 1_500;
const FILED: PayerChoice = { kind: 'filed' };

/** Did a worksheet save answers with this call? */
const isSave = (c: SeenCall): boolean =>
  c.exchange === undefined &&
  (c.method === 'POST' || c.method === 'PUT') &&
  /^\/QuestionnaireResponse(\/[^_?]|$|\?)/.test(c.path) &&
  (c.status === 200 || c.status === 201);

/** The seconds that a call takes, for the eyes alone. */
function Waiting({ asking }: { readonly asking: Asking }): View {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return html`<span aria-hidden="true"> ${((now - asking.since) / 1000).toFixed(1)} s</span>`;
}

interface OrderEntryProps {
  readonly api: Api;
  readonly start: Start;
}

type Phase = 'draft' | 'signing' | 'signed';

/** Order entry of the sandbox EHR: a patient, an order, the service's advice, and what goes over the wire. */
export function OrderEntry({ api, start }: OrderEntryProps): View {
  const [chart, setChart] = useState<ChartView | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [choosing, setChoosing] = useState(false);
  const [user, setUser] = useState(
    `Practitioner/${(start.people.find((p) => p.id === 'wells') ?? start.people[0])?.id ?? 'unknown'}`,
  );
  const [order, setOrder] = useState<Json | undefined>(undefined);
  const [others, setOthers] = useState<readonly Json[]>([]);
  const [payer, setPayer] = useState<PayerChoice>(FILED);
  const [mood, setMood] = useState<Mood>('normal');
  const [phase, setPhase] = useState<Phase>('draft');
  const [pending, setPending] = useState(false);
  const [answered, setAnswered] = useState<ReadonlyMap<number, Answered>>(new Map());
  const [note, setNote] = useState<string | undefined>(undefined);
  const [panel, setPanel] = useState<string | undefined>(undefined);
  const [tabOpened, setTabOpened] = useState(false);
  /** the number of the call after which the present order began */
  const [from, setFrom] = useState(0);
  const [compared, setCompared] = useState<readonly Compared[] | undefined>(undefined);
  const calls = useCalls(api);
  /** the patient who was chosen last */
  const wanted = useRef<string | undefined>(undefined);

  const patient = chart?.patient.id;
  const study = order === undefined ? undefined : studyOf(order);
  const sent = useMemo(() => (order === undefined ? undefined : withPayer(order, payer)), [order, payer]);
  const basket = JSON.stringify([sent, others, payer.kind === 'none', user]);

  /** Reads a chart; one that comes after another patient was chosen is not opened. */
  const readChart = async (id: string): Promise<void> => {
    try {
      const read = await api.get<ChartView>('chart', { patient: id });
      if (wanted.current !== id) return;
      setChart(read);
      setProblem(undefined);
    } catch (error) {
      if (wanted.current === id) setProblem(wordsOf(error));
    }
  };
  const begin = (id: string): void => {
    setOrder(newOrder(id, user, start.today));
    setOthers([]);
    setPhase('draft');
    setNote(undefined);
    setPanel(undefined);
    setTabOpened(false);
    setCompared(undefined);
    setFrom(calls.seen.at(-1)?.n ?? 0);
    calls.drop();
  };
  const choose = (id: string): void => {
    wanted.current = id;
    setChoosing(false);
    setChart(undefined);
    setPayer(FILED);
    begin(id);
    history.replaceState(null, '', `?${new URLSearchParams({ patient: id })}`);
    void readChart(id);
  };

  useEffect(() => {
    const first = new URLSearchParams(location.search).get('patient') ?? start.first;
    if (first !== undefined) choose(first);
    else
      api.get<readonly PatientRow[]>('patients', { q: '' }).then(
        ([row]) => (row === undefined ? setProblem('This FHIR server shows no patients.') : choose(row.id)),
        (error: unknown) => setProblem(wordsOf(error)),
      );
  }, []);

  const wish = (hook: HookWish['hook'], choice: PayerChoice = payer): HookWish | undefined =>
    order === undefined || patient === undefined
      ? undefined
      : {
          hook,
          patient,
          user,
          orders: [withPayer(order, choice), ...others],
          selections: [String(order['id'])],
          withoutCoverage: choice.kind === 'none',
        };
  const ask = async (hook: HookWish['hook']): Promise<void> => {
    const asked = wish(hook);
    if (asked === undefined) return;
    setAnswered(new Map());
    await calls.ask(asked);
  };

  // an order with a study is selected anew whenever it changes; a blank one is none of the service's business
  useEffect(() => {
    if (patient === undefined || phase === 'signed') return undefined;
    setPhase('draft');
    if (study === undefined) {
      calls.drop();
      return undefined;
    }
    setPending(true);
    const timer = setTimeout(() => {
      setPending(false);
      void ask('order-select');
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [basket, mood, patient]);

  const watching = panel !== undefined || tabOpened;
  useEffect(() => {
    if (!watching) return undefined;
    const look = (): void => {
      if (!document.hidden) calls.readTrace().catch(() => undefined);
    };
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [watching]);

  const saves = calls.seen.filter((c) => c.n > from && isSave(c) && c.patient === patient).length;
  useEffect(() => {
    if (saves === 0 || patient === undefined || phase === 'signed') return;
    setNote('The worksheet saved answers to the chart; the order was selected again.');
    void readChart(patient);
    void ask(phase === 'signing' ? 'order-sign' : 'order-select');
  }, [saves]);

  const tell = async (card: Card, feedback: Readonly<Record<string, unknown>>): Promise<string> => {
    const hook = calls.reply?.exchange.what ?? 'order-select';
    const outcomeTimestamp = new Date().toISOString();
    try {
      const { response, failure } = await calls.tell(hook, { card: card.uuid, ...feedback, outcomeTimestamp });
      return response?.status === 200
        ? 'The service was told.'
        : `The service could not be told: ${failure ?? `${response?.status} ${response?.statusText}`}`;
    } catch (error) {
      return `The service could not be told: ${wordsOf(error)}`;
    }
  };
  const answer = (card: Card, how: Answered): void => setAnswered((before) => new Map(before).set(card.index, how));
  const apply = async (card: Card, suggestion: Suggestion): Promise<void> => {
    if (order === undefined) return;
    const applied = applyActions(order, others, suggestion.actions);
    if (!applied.ok) return answer(card, { kind: 'failed', why: `Not applied: ${applied.why}` });
    setOrder(applied.order);
    setOthers(applied.others);
    setNote(`Applied: ${suggestion.label}.`);
    if (card.uuid === undefined || suggestion.uuid === undefined) return;
    const told = await tell(card, { outcome: 'accepted', acceptedSuggestions: [{ id: suggestion.uuid }] });
    setNote(`Applied: ${suggestion.label}. ${told}`);
  };
  const override = async (card: Card, { reason, comment }: Override): Promise<void> => {
    const said = comment.trim();
    const given = { ...(reason !== undefined && { reason }), ...(said !== '' && { userComment: said }) };
    const why = reason !== undefined || said !== '';
    const told = await tell(card, { outcome: 'overridden', ...(why && { overrideReason: given }) });
    answer(card, {
      kind: 'overridden',
      words: `Overridden: ${reason?.display ?? (said || 'no reason given')}. ${told}`,
    });
  };

  const changeMood = async (next: Mood): Promise<void> => {
    try {
      await api.post('mood', { mood: next });
      setMood(next);
      setNote(undefined);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const restore = async (): Promise<void> => {
    if (patient === undefined) return;
    try {
      await api.post('restore', { patient });
      await readChart(patient);
      begin(patient);
      setNote('The chart is what it was at the start.');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const sign = async (): Promise<void> => {
    setPhase('signing');
    setNote(undefined);
    await ask('order-sign');
  };
  const complete = async (): Promise<void> => {
    const signed = wish('order-sign');
    if (signed === undefined || patient === undefined) return;
    try {
      if (start.fhir.remote === undefined) await api.post('sign', { orders: signed.orders });
      setPhase('signed');
      setNote(
        start.fhir.remote === undefined
          ? 'Signed: the order is in the chart.'
          : 'Signed on this page alone: orders are not written to this FHIR server.',
      );
      await readChart(patient);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const line = payer.kind === 'payer' && payer.line !== '' ? payer.line : 'commercial';
  const compare = (): void => {
    setCompared(start.payers.map((p) => ({ payer: p })));
    const set = (of: PayerRow, result: Partial<Compared>): void =>
      setCompared((rows) => rows?.map((row) => (row.payer.id === of.id ? { ...row, ...result } : row)));
    for (const one of start.payers) {
      const asked = wish('order-select', { kind: 'payer', name: one.name, line, plan: '' });
      if (asked === undefined) return;
      calls.askAside(asked, `as of ${one.name}`).then(
        (reply) => set(one, { reply }),
        (error: unknown) => set(one, { problem: wordsOf(error) }),
      );
    }
  };

  const stale = pending || calls.asking !== undefined;
  const cards = calls.reply === undefined ? [] : cardsOf(calls.reply.exchange.response?.body);
  const open = cards.some((c) => (c.assessment?.questions.length ?? 0) > 0 && c.assessment?.outcome !== 'met');
  const progress = {
    ordered: study !== undefined,
    answered: calls.reply !== undefined && !stale,
    open,
    saved: saves > 0,
  };
  const moodRow = start.moods.find((m) => m.id === mood);

  return html`<div class="ehr">
    <div class="row spread masthead">
      <h1>Order entry</h1>
      <div class="row small">
        <span class="muted">
          ${start.fhir.remote === undefined ? 'Synthetic patients, in memory' : html`Charts of <code>${start.fhir.remote}</code>`}
        </span>
        <label for="mood">FHIR server</label>
        <select id="mood" value=${mood} onChange=${(e: Event) => void changeMood((e.target as HTMLSelectElement).value as Mood)}>
          ${start.moods.map((m) => html`<option value=${m.id}>${m.label}</option>`)}
        </select>
      </div>
    </div>
    ${
      mood !== 'normal' &&
      html`<div class="notice open row spread" role="status">
        <span><b>The FHIR server is ${moodRow?.label.toLowerCase()}, for this page alone.</b> ${moodRow?.words}</span>
        <button type="button" onClick=${() => void changeMood('normal')}>Back to normal</button>
      </div>`
    }
    ${problem !== undefined && html`<${Failure} words=${problem} />`}
    <div class="panel patient">
      ${
        chart === undefined
          ? html`<p role="status">${problem === undefined ? 'The chart is being read …' : 'No chart is open.'}</p>`
          : html`<p class="who"><b>${chart.patient.name}</b> <span class="muted">${aboutPatient(chart.patient)}</span></p>
              ${chart.patient.story !== undefined && html`<p>${chart.patient.story}</p>`}`
      }
      <p class="row">
        <button type="button" onClick=${() => setChoosing(true)}>Change patient</button>
        ${
          start.fhir.remote === undefined &&
          chart !== undefined &&
          html`<button type="button" class="plain" onClick=${() => void restore()}>Restore this chart</button>`
        }
      </p>
    </div>
    <${Guide} progress=${progress} worksheet=${watching} />
    ${
      chart !== undefined &&
      order !== undefined &&
      html`<div class="desk">
        <section class="panel order" aria-labelledby="order-heading">
          <h2 id="order-heading">Order</h2>
          <${OrderForm}
            key=${patient}
            api=${api}
            chart=${chart}
            order=${order}
            others=${others}
            payer=${payer}
            user=${user}
            people=${start.people}
            payers=${start.payers}
            signed=${phase === 'signed'}
            onOrder=${setOrder}
            onOthers=${setOthers}
            onPayer=${setPayer}
            onUser=${setUser}
          />
          <div class="row">
            ${
              phase === 'signed'
                ? html`<button type="button" class="primary" onClick=${() => begin(chart.patient.id)}>New order</button>`
                : html`<button
                      type="button"
                      disabled=${study === undefined}
                      onClick=${() => {
                        setPhase('draft');
                        void ask('order-select');
                      }}
                    >
                      Select again
                    </button>
                    <button type="button" disabled=${study === undefined || phase === 'signing'} onClick=${() => void sign()}>Sign</button>
                    <button type="button" disabled=${study === undefined} onClick=${compare}>Under every payer</button>`
            }
          </div>
        </section>
        <section class="panel decision" aria-labelledby="advice-heading" aria-busy=${stale}>
          <div class="row spread">
            <h2 id="advice-heading">Decision support</h2>
            <p role="status" class="asking small">
              ${calls.asking !== undefined && html`Asking the service (${calls.asking.hook}) …<${Waiting} asking=${calls.asking} />`}
              ${calls.asking === undefined && study === undefined && html`<span class="muted">Cards come when a study is chosen.</span>`}
            </p>
          </div>
          ${note !== undefined && html`<p class="notice good" role="status">${note}</p>`}
          ${
            phase === 'signing' &&
            html`<div class="notice open">
              <p><b>Signing.</b> Read the advice below; it does not hold the order up.</p>
              <p class="row">
                <button type="button" class="primary" disabled=${stale} onClick=${() => void complete()}>Complete the signature</button>
                <button type="button" onClick=${() => setPhase('draft')}>Back to the draft</button>
              </p>
            </div>`
          }
          ${calls.problem !== undefined && html`<${Failure} words=${calls.problem} />`}
          ${
            panel !== undefined &&
            html`<div class="side-panel">
              <p class="row spread">
                <b>Worksheet</b>
                <button type="button" onClick=${() => setPanel(undefined)}>Close the worksheet</button>
              </p>
              <iframe src=${panel} title="Worksheet"></iframe>
            </div>`
          }
          <${Advice}
            reply=${calls.reply}
            stale=${stale}
            answered=${answered}
            onAgain=${() => void ask(phase === 'signing' ? 'order-sign' : 'order-select')}
            onApply=${(card: Card, suggestion: Suggestion) => void apply(card, suggestion)}
            onOverride=${(card: Card, how: Override) => void override(card, how)}
            onPanel=${setPanel}
            onTab=${() => setTabOpened(true)}
          />
        </section>
        <${Chart} api=${api} chart=${chart} onReason=${(r: Parameters<typeof withReason>[1]) => setOrder(withReason(order, r))} />
      </div>`
    }
    <${TracePanel} traced=${calls.traced} calls=${calls.seen} />
    ${choosing && html`<${Patients} api=${api} onChoose=${(row: PatientRow) => choose(row.id)} onClose=${() => setChoosing(false)} />`}
    ${
      compared !== undefined &&
      html`<${Compare}
        study=${`${study?.code ?? ''} ${study?.label ?? ''}`}
        line=${line}
        rows=${compared}
        onClose=${() => setCompared(undefined)}
      />`
    }
  </div>`;
}
