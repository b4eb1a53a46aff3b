import { html, useEffect, useState } from 'htm/preact';
import type { PatientRow } from '../../sandbox/ehr/wire.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import { Dialog, Failure, type View } from './ehr-parts.ts';

/** "52 years, born 1974-06-18, female" */
export const aboutPatient = ({ age, birthDate, sex }: PatientRow): string =>
  [age === undefined ? undefined : `${age} years`, birthDate === undefined ? undefined : `born ${birthDate}`, sex]
    .filter((p) => p !== undefined)
    .join(', ');

interface PatientsProps {
  readonly api: Api;
  readonly onChoose: (patient: PatientRow) => void;
  readonly onClose: () => void;
}

const PAUSE_MS = 150;

/** The list of patients, searched while one types. */
export function Patients({ api, onChoose, onClose }: PatientsProps): View {
  const [words, setWords] = useState('');
  const [rows, setRows] = useState<readonly PatientRow[] | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(
      () => {
        api.get<readonly PatientRow[]>('patients', { q: words }).then(
          (found) => {
            if (!current) return;
            setRows(found);
            setProblem(undefined);
          },
          (error: unknown) => {
            if (current) setProblem(wordsOf(error));
          },
        );
      },
      words === '' ? 0 : PAUSE_MS,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words]);
  return html`<${Dialog} title="Choose a patient" onClose=${onClose}>
    <div class="field">
      <label for="patient-search">Name, id or story</label>
      <input
        type="search"
        id="patient-search"
        autocomplete="off"
        value=${words}
        onInput=${(event: Event) => setWords((event.target as HTMLInputElement).value)}
      />
      <span class="hint" role="status">${rows === undefined ? 'Searching …' : `${rows.length} ${rows.length === 1 ? 'patient' : 'patients'}`}</span>
    </div>
    ${problem !== undefined && html`<${Failure} words=${problem} />`}
    <ul class="patients">
      ${(rows ?? []).map(
        (row) =>
          html`<li key=${row.id}>
            <button type="button" class="choice" onClick=${() => onChoose(row)}>
              <b>${row.name}</b> <span class="muted">${aboutPatient(row)}</span>
              ${row.line !== undefined && html`<span class="line">${row.line}</span>`}
            </button>
          </li>`,
      )}
    </ul>
  <//>`;
}
