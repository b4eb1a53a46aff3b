import { html, useEffect, useRef, useState } from 'htm/preact';
import type { ChartView, Mood, PatientRow, Start } from '../../sandbox/ehr/wire.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import { useCalls } from './ehr-calls.ts';
import { Desk } from './ehr-desk.ts';
import { Failure, type View } from './ehr-parts.ts';
import { aboutPatient, Patients } from './ehr-patients.ts';
import { TracePanel } from './ehr-trace.ts';

interface MastheadProps {
  readonly start: Start;
  readonly mood: Mood;
  readonly onMood: (mood: Mood) => void;
}

/** Whose charts they are, and the mood of their server, which is never hidden. */
function Masthead({ start, mood, onMood }: MastheadProps): View {
  const { remote } = start.fhir;
  const row = start.moods.find((m) => m.id === mood);
  return html`<div>
    <div class="row spread masthead">
      <h1>Order entry</h1>
      <div class="row small">
        <span class="muted">${remote === undefined ? 'Synthetic patients, in memory' : html`Charts of <code>${remote}</code>`}</span>
        <label for="mood">FHIR server</label>
        <select id="mood" value=${mood} onChange=${(e: Event) => onMood((e.target as HTMLSelectElement).value as Mood)}>
          ${start.moods.map((m) => html`<option value=${m.id}>${m.label}</option>`)}
        </select>
      </div>
    </div>
    ${
      mood !== 'normal' &&
      html`<div class="notice open row spread" role="status">
        <span><b>The FHIR server is ${row?.label.toLowerCase()}, for this page alone.</b> ${row?.words}</span>
        <button type="button" onClick=${() => onMood('normal')}>Back to normal</button>
      </div>`
    }
  </div>`;
}

interface PatientPanelProps {
  readonly chart: ChartView | undefined;
  readonly reading: boolean;
  readonly note: string | undefined;
  readonly onChange: () => void;
  /** undefined when the chart is not ours to restore */
  readonly onRestore: (() => void) | undefined;
}

/** Who the patient is, and their story. */
const PatientPanel = ({ chart, reading, note, onChange, onRestore }: PatientPanelProps): View =>
  html`<div class="panel patient">
    ${
      chart === undefined
        ? html`<p role="status">${reading ? 'The chart is being read …' : 'No chart is open.'}</p>`
        : html`<p class="who"><b>${chart.patient.name}</b> <span class="muted">${aboutPatient(chart.patient)}</span></p>
            ${chart.patient.story !== undefined && html`<p>${chart.patient.story}</p>`}`
    }
    <p class="row">
      <button type="button" onClick=${onChange}>Change patient</button>
      ${onRestore !== undefined && html`<button type="button" class="plain" onClick=${onRestore}>Restore this chart</button>`}
    </p>
    ${note !== undefined && html`<p class="muted" role="status">${note}</p>`}
  </div>`;

interface OrderEntryProps {
  readonly api: Api;
  readonly start: Start;
}

/** Order entry of the sandbox EHR: a patient, an order, the service's advice, and what goes over the wire. */
export function OrderEntry({ api, start }: OrderEntryProps): View {
  const [chart, setChart] = useState<ChartView | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [note, setNote] = useState<string | undefined>(undefined);
  const [choosing, setChoosing] = useState(false);
  const [mood, setMood] = useState<Mood>('normal');
  const usual = start.people.find((p) => p.id === 'wells') ?? start.people[0];
  const [user, setUser] = useState(`Practitioner/${usual?.id ?? 'sandbox'}`);
  /** counts the orders of this page: each has a desk of its own */
  const [desk, setDesk] = useState(0);
  const calls = useCalls(api);
  /** the patient who was chosen last */
  const wanted = useRef<string | undefined>(undefined);

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
  const clearDesk = (): void => {
    calls.drop();
    setNote(undefined);
    setDesk((n) => n + 1);
  };
  const choose = (id: string): void => {
    wanted.current = id;
    setChoosing(false);
    setChart(undefined);
    setProblem(undefined);
    clearDesk();
    history.replaceState(null, '', `?${new URLSearchParams({ patient: id })}`);
    void readChart(id);
  };
  useEffect(() => {
    const first = new URLSearchParams(location.search).get('patient') ?? start.first;
    if (first !== undefined) return choose(first);
    api.get<readonly PatientRow[]>('patients', { q: '' }).then(
      ([row]) => (row === undefined ? setProblem('This FHIR server shows no patients.') : choose(row.id)),
      (error: unknown) => setProblem(wordsOf(error)),
    );
  }, []);

  const changeMood = async (next: Mood): Promise<void> => {
    try {
      await api.post('mood', { mood: next });
      setMood(next);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const restore = async (id: string): Promise<void> => {
    try {
      await api.post('restore', { patient: id });
      await readChart(id);
      clearDesk();
      setNote('The chart is what it was at the start.');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };

  const patient = chart?.patient.id;
  const ours = start.fhir.remote === undefined && patient !== undefined;
  return html`<div class="ehr">
    <${Masthead} start=${start} mood=${mood} onMood=${(next: Mood) => void changeMood(next)} />
    ${problem !== undefined && html`<${Failure} words=${problem} />`}
    <${PatientPanel}
      chart=${chart}
      reading=${problem === undefined}
      note=${note}
      onChange=${() => setChoosing(true)}
      onRestore=${ours ? () => void restore(patient) : undefined}
    />
    ${
      chart !== undefined &&
      html`<${Desk}
        key=${`${patient} ${desk}`}
        api=${api}
        start=${start}
        chart=${chart}
        calls=${calls}
        mood=${mood}
        user=${user}
        onUser=${setUser}
        onChart=${() => readChart(chart.patient.id)}
        onNew=${clearDesk}
      />`
    }
    <${TracePanel} traced=${calls.traced} calls=${calls.seen} />
    ${choosing && html`<${Patients} api=${api} onChoose=${(row: PatientRow) => choose(row.id)} onClose=${() => setChoosing(false)} />`}
  </div>`;
}
