import { object, objects, text } from '../chart/json.ts';
import { html, type VNode } from './page.ts';

/** The patient as a banner names them. */
export interface PatientWords {
  readonly name: string;
  readonly birthDate: string;
  readonly sex: string;
}

const MOST = 120;
const cut = (words: string): string => (words.length <= MOST ? words : `${words.slice(0, MOST - 1)}…`);

/** Name, birth date and sex of a Patient, as far as they are stated. */
export function patientWords(patient: unknown): PatientWords {
  const resource = object(patient);
  const names = objects(resource?.['name']);
  const name = names.find((n) => n['use'] === 'official') ?? names[0];
  const given = Array.isArray(name?.['given']) ? name['given'].filter((g) => typeof g === 'string').join(' ') : '';
  const spoken = text(name?.['text']) ?? [given, text(name?.['family']) ?? ''].join(' ').trim();
  return {
    name: cut(spoken === '' ? 'Name not stated' : spoken),
    birthDate: cut(text(resource?.['birthDate']) ?? 'not stated'),
    sex: cut(text(resource?.['gender']) ?? 'not stated'),
  };
}

/** Whose chart the page is about, for EHRs that do not show it beside the page. */
export function patientBanner(patient: unknown): VNode {
  if (object(patient) === undefined) return html`<p class="banner"><b>The EHR did not show who the patient is.</b></p>`;
  const { name, birthDate, sex } = patientWords(patient);
  return html`<p class="banner"><b>${name}</b> · born ${birthDate} · ${sex}</p>`;
}
