import type { ImagingRecord } from '../../chart/records.ts';
import { type Asked, type FactContext, fitsRegion } from '../context.ts';
import type { ImagingInput } from '../schema.ts';

/** What an examination says of a question: yes, no, or neither for sure. */
export type Verdict = 'yes' | 'no' | 'open';

/** What an examination found. */
export interface Findings {
  readonly findings: ImagingRecord['findings'];
  readonly hasResult: boolean;
}

/** What the result as a whole is called. */
export function classify(
  record: Findings,
  ctx: FactContext,
): Readonly<Record<'normal' | 'indeterminate' | 'abnormal' | 'unexplained', boolean>> {
  const has = (name: string): boolean => record.findings.some((h) => h.set === ctx.set(name));
  const normal = has('result-normal') || has('result-negative');
  const indeterminate = has('result-indeterminate');
  return {
    normal,
    indeterminate,
    abnormal: record.hasResult && !normal && !indeterminate,
    unexplained: has('result-unexplained') && !has('spine-problem'),
  };
}

/**
 * Does an examination show something of the region asked about?
 * @param sets what is looked for @param denies what says the opposite
 */
export function shows(
  record: Findings,
  sets: readonly string[],
  denies: readonly string[],
  asked: Asked,
  ctx: FactContext,
): Verdict {
  const finds = (names: readonly string[]): boolean =>
    record.findings.some((h) => names.some((s) => h.set === ctx.set(s)) && fitsRegion(asked, h.place));
  if (finds(sets)) return 'yes';
  if (finds(denies)) return 'no';
  const { normal } = classify(record, ctx);
  return normal ? 'no' : 'open';
}

/** Is the result as a whole the one that is looked for? */
export function hasWantedResult(record: Findings, result: ImagingInput['result'], ctx: FactContext): Verdict {
  if (result === 'any') return 'yes';
  if (result === 'not-coded') return record.hasResult ? 'no' : 'yes';
  if (!record.hasResult) return 'open';
  const { normal, indeterminate, abnormal, unexplained } = classify(record, ctx);
  const verdict = {
    normal,
    negative: normal,
    indeterminate,
    abnormal,
    'non-diagnostic': !abnormal,
    'abnormal-or-indeterminate': abnormal || indeterminate,
    'indeterminate-or-unexplained': indeterminate || unexplained,
  }[result];
  return verdict ? 'yes' : 'no';
}

/**
 * Films that do not establish a diagnosis: normal or indeterminate, or with a coded finding that is none of those that would
 * (degeneration). "Abnormal" alone leaves it open.
 */
export function isNonDiagnostic(record: ImagingRecord, diagnoses: readonly string[], ctx: FactContext): Verdict {
  const { normal, indeterminate } = classify(record, ctx);
  if (indeterminate) return 'yes';
  if (record.findings.some((h) => diagnoses.some((s) => h.set === ctx.set(s)))) return 'no';
  return normal || saysMore(record, ctx) ? 'yes' : 'open';
}

/** Does the result say more than that the examination is abnormal? */
export const saysMore = ({ findings }: Findings, ctx: FactContext): boolean => {
  const bare = [ctx.set('result-abnormal'), ctx.set('result-positive')];
  return findings.some((h) => !bare.includes(h.set));
};
