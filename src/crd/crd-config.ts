import * as z from 'zod';
import type { LineOfBusiness, PayerDirectory } from '../coverage/payers.ts';
import { type Day, parseDate } from '../dates/day.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';

const LINES = ['medicare', 'medicaid', 'commercial'] as const;

/** To which orders of which members a line of a list applies; left out = all. */
const scope = {
  studies: z.array(z.string()).optional(),
  plans: z.array(z.string()).optional().meta({ description: 'Coverage.class values' }),
  'line-of-business': z.array(z.enum(LINES)).optional(),
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
};
const Benefit = z.strictObject({
  ...scope,
  covered: z.enum(['covered', 'not-covered']),
  reason: z.string().min(1).meta({ description: 'said with the answer, e.g. the section of the plan document' }),
});
const PriorAuthorization = z.strictObject({
  ...scope,
  need: z.enum(['auth-needed', 'performpa', 'no-auth']),
  reason: z.string().min(1).meta({ description: 'the list it stands on, with its date' }),
});
const Payer = z.strictObject({
  payer: z.string().meta({ description: 'id in policies/payers.yaml' }),
  label: z.string().min(1).max(80).meta({ description: "the insurer's name on the member's card: source.label" }),
  identifiers: z.array(z.strictObject({ system: z.string().min(1), value: z.string().min(1) })).min(1),
  benefits: z.array(Benefit).default([]).meta({ description: 'the first line that applies; none = not evaluated' }),
  'prior-authorization': z.array(PriorAuthorization).min(1).meta({ description: 'the first line that applies' }),
});

/** The settings of payer mode: for which payers we may speak, and what they told us of benefits and prior authorization. */
const CrdFile = z.strictObject({
  payers: z.array(Payer).min(1),
  questionnaires: z.boolean().default(false).meta({
    description: 'our questionnaires are served to DTR clients by $questionnaire-package; else none is named',
  }),
  attach: z
    .boolean()
    .default(false)
    .meta({ description: 'documents are wanted with the request even when all is met' }),
});

export interface ListLine {
  readonly studies?: readonly string[] | undefined;
  readonly plans?: readonly string[] | undefined;
  readonly 'line-of-business'?: readonly LineOfBusiness[] | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}
export type CrdPayer = z.infer<typeof Payer>;
export type CrdConfig = z.infer<typeof CrdFile>;

/** What decides which line of a list applies. */
export interface Member {
  readonly study: string;
  readonly plans: readonly string[];
  /** undefined when the coverage does not say */
  readonly lineOfBusiness: LineOfBusiness | undefined;
  readonly serviceDate: Day;
}

const day = (text: string | undefined, other: number): number => parseDate(text)?.lo ?? other;

const firstLine = <T extends ListLine>(
  lines: readonly T[],
  of: Member & { readonly lineOfBusiness: LineOfBusiness },
): T | undefined =>
  lines.find(
    (l) =>
      (l.studies?.includes(of.study) ?? true) &&
      (l.plans?.some((p) => of.plans.includes(p)) ?? true) &&
      (l['line-of-business']?.includes(of.lineOfBusiness) ?? true) &&
      day(l.from, Number.NEGATIVE_INFINITY) <= of.serviceDate &&
      of.serviceDate < day(l.until, Number.POSITIVE_INFINITY),
  );

/**
 * The first line of a list that applies to a member's order. Where the coverage does not say of which line of business it is: the
 * one for each, `commercial` first.
 */
export function linesFor<T extends ListLine>(lines: readonly T[], of: Member): readonly (T | undefined)[] {
  const { lineOfBusiness } = of;
  const each = lineOfBusiness === undefined ? LINES.toReversed() : [lineOfBusiness];
  return each.map((line) => firstLine(lines, { ...of, lineOfBusiness: line }));
}

/** What is wrong with a list: a mistake in it would be said to members. @param locate where a line of it stands */
function listProblems(
  lines: readonly ListLine[],
  locate: (line: number, member?: string) => string,
  studies: StudyCatalog,
): readonly string[] {
  const all = lines.findIndex((l) =>
    [l.studies, l.plans, l['line-of-business'], l.from, l.until].every((scope) => scope === undefined),
  );
  return lines.flatMap((line, i) => [
    ...(line.studies ?? []).flatMap((code) =>
      studies.get(code) === undefined ? [`${locate(i, 'studies')}: ${code} is no study of policies/studies.yaml`] : [],
    ),
    ...(line.from !== undefined && line.until !== undefined && line.from >= line.until
      ? [`${locate(i, 'until')}: expected a day after ${line.from}; it is the first on which the line does not hold`]
      : []),
    ...(all >= 0 && i > all ? [`${locate(i)}: is never reached, as a line before it holds for all`] : []),
  ]);
}

/**
 * Reads the settings of payer mode.
 * @throws InvalidFileError for an invalid file: a payer or study that the policies do not have, an identifier of two payers, a line of
 * a list that never applies
 */
export function loadCrdConfig(file: string, payers: PayerDirectory, studies: StudyCatalog): CrdConfig {
  const { data, locate } = readYaml(file, CrdFile);
  const seen = new Set<string>();
  const problems = data.payers.flatMap((p, i) => [
    ...(payers.get(p.payer) === undefined
      ? [`${locate(['payers', i, 'payer'])} payers.${i}.payer: there is no payer "${p.payer}" in payers.yaml`]
      : []),
    ...p.identifiers.flatMap(({ system, value }, k) => {
      const known = seen.has(`${system}|${value}`);
      seen.add(`${system}|${value}`);
      const path = ['payers', i, 'identifiers', k];
      return known ? [`${locate(path)} ${path.join('.')}: ${value} stands there twice`] : [];
    }),
    ...(['benefits', 'prior-authorization'] as const).flatMap((list) =>
      listProblems(
        p[list],
        (line, member) => {
          const path = ['payers', i, list, line, ...(member === undefined ? [] : [member])];
          return `${locate(path)} ${path.join('.')}`;
        },
        studies,
      ),
    ),
  ]);
  if (problems.length > 0) throw new InvalidFileError(problems);
  return data;
}
