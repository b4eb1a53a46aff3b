import { type Json, text } from '../../chart/json.ts';
import { type Day, formatDay, parseDate } from '../../dates/day.ts';
import { patientWords } from '../../web/patient-banner.ts';
import type { PatientRow } from './wire.ts';

/** Whole years from a birth date to a day. */
function ageOn(birthDate: string, today: Day): number | undefined {
  const born = parseDate(birthDate);
  if (born === undefined || born.lo !== born.hi) return undefined;
  const [from, to] = [formatDay(born.lo), formatDay(today)];
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return to.slice(5) < from.slice(5) ? years - 1 : years;
}

/** A Patient as a list shows them. */
export function patientRow(resource: Json, today: Day, told: Pick<PatientRow, 'line' | 'story'> = {}): PatientRow {
  const { name } = patientWords(resource);
  const birthDate = text(resource['birthDate']);
  const sex = text(resource['gender']);
  const age = birthDate === undefined ? undefined : ageOn(birthDate, today);
  return {
    id: text(resource['id']) ?? '',
    name,
    ...(birthDate !== undefined && { birthDate }),
    ...(age !== undefined && { age }),
    ...(sex !== undefined && { sex }),
    ...told,
  };
}
