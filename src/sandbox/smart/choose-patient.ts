import { html, pageHtml } from '../../web/page.ts';
import type { PatientRow, PersonRow } from '../ehr/wire.ts';

export interface ChoosePatientPage {
  readonly patients: readonly PatientRow[];
  readonly practitioners: readonly PersonRow[];
  /** the authorization request, to be sent again with the choice */
  readonly request: URLSearchParams;
}

/** Names of what the page adds to the authorization request. */
export const CHOSEN = { patient: 'sandbox_patient', user: 'sandbox_user', answer: 'sandbox_answer' } as const;

/** The sign-in of an app that was started without the EHR: who signs in, and whose chart. */
export function choosePatientPage({ patients, practitioners, request }: ChoosePatientPage): string {
  const body = html`<h1>Sandbox EHR: sign in and choose a patient</h1>
    <p>An app asks for access to a chart. Everybody here is made up, and nobody has a password.</p>
    <form method="get" class="panel">
      ${[...request].map(([name, value]) => html`<input type="hidden" name=${name} value=${value} />`)}
      <div class="field">
        <label for="user">You are</label>
        <select id="user" name=${CHOSEN.user}>
          ${practitioners.map((p) => html`<option value=${p.id}>${p.name}</option>`)}
        </select>
      </div>
      <fieldset>
        <legend>Patient</legend>
        <div class="stack">
          ${patients.map(
            (p) =>
              html`<div>
                <label
                  ><input type="radio" name=${CHOSEN.patient} value=${p.id} required /> ${p.name}${' '}
                  <span class="hint">${p.story ?? p.birthDate}</span></label
                >
              </div>`,
          )}
        </div>
      </fieldset>
      <div class="row">
        <button type="submit" name=${CHOSEN.answer} value="allow" class="primary">Allow access</button>
        <button type="submit" name=${CHOSEN.answer} value="deny" formnovalidate>Do not allow</button>
      </div>
    </form>`;
  return pageHtml({ title: 'Choose a patient', room: 'Sandbox EHR', narrow: true }, body);
}
