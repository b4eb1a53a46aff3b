import { proposesSteps } from '../cards/suggestions.ts';
import type { GivenAnswer } from '../documentation/answers.ts';
import type { AskedFact } from '../documentation/asked-facts.ts';
import type { Missing } from '../policy/assessment.ts';
import type { Lead } from '../policy/fact-source.ts';
import type { Assessed, FormAnswers } from './assess.ts';
import { type AskedRegion, askedRegion, type Entry, entryKey } from './form.ts';

/** One question of the page. */
export interface Question {
  readonly region: AskedRegion;
  readonly asked: AskedFact;
  /** what the criterion needs, in words, with its window */
  readonly needed?: string;
  /** where the criteria stand in the payer's text */
  readonly cites: readonly string[];
  readonly leads: readonly Lead[];
  readonly action?: string;
  /** what stands in its controls */
  readonly entry?: Entry;
  /** why what stands there does not count yet */
  readonly problem?: string;
  /** why the criterion stays open although it was answered */
  readonly open?: string;
  readonly state: 'missing' | 'answered' | 'on-file';
  /** what was stated before and is on file */
  readonly onFile?: GivenAnswer;
}

/** What a chart lacks that no question settles: it is changed in the order, or by reading the rest of the chart. */
export interface Elsewhere {
  readonly label: string;
  readonly ask: string;
  readonly leads: readonly Lead[];
  readonly kind: 'order' | 'chart';
}

export interface Questions {
  readonly questions: readonly Question[];
  /** stated before and on file; can be stated anew */
  readonly onFile: readonly Question[];
  readonly elsewhere: readonly Elsewhere[];
}

const CONFLICT =
  'The chart says otherwise, as late as this answer or later. Both are shown with the criterion; a reviewer will see both.';
const outside = (needed: string): string =>
  `This does not settle “${needed}”: its date lies outside of the time that the criterion looks at.`;

const formOf = (forms: readonly FormAnswers[], region: AskedRegion): FormAnswers | undefined =>
  forms.find((f) => askedRegion(f.form.region) === region);

const keyOf = (missing: Missing, forms: readonly FormAnswers[], ordered: AskedRegion): string => {
  const region = missing.region === undefined ? ordered : askedRegion(missing.region);
  const known = formOf(forms, region)?.form.facts.some((f) => f.code === missing.fact) === true;
  return entryKey({ region: known ? region : ordered, fact: missing.fact });
};

/** Why a question that was answered is still open. */
function whyOpen(missing: Missing, answer: GivenAnswer): string | undefined {
  if (answer.value === 'not-assessed') return undefined;
  return missing.gap === 'conflict' ? CONFLICT : outside(missing.label);
}

/**
 * The questions of the page: those that stand there already, in their order, then what is missing now. Only facts that the
 * chart lacks are asked.
 */
export function questionsOf({ checked, forms, entries }: Assessed): Questions {
  if (checked === undefined) return { questions: [], onFile: [], elsewhere: [] };
  const ordered = askedRegion(checked.region);
  const { paths, exclusions } = checked.policy;
  const cites = new Map([...paths, ...exclusions].map((p) => [p.id, p.cite]));
  const missing = new Map(checked.assessment.missing.map((m) => [keyOf(m, forms, ordered), m]));
  const byKey = new Map(entries.map((e) => [entryKey(e), e]));
  const told = forms.flatMap(({ form, onFile }) =>
    onFile.map((answer) => [entryKey({ region: askedRegion(form.region), fact: answer.fact }), answer] as const),
  );
  const before = new Map(told);
  const question = (key: string): readonly Question[] => {
    const colon = key.indexOf(':');
    const region = key.slice(0, colon) as AskedRegion;
    const asked = formOf(forms, region)?.form.facts.find((f) => f.code === key.slice(colon + 1));
    if (asked === undefined) return [];
    const need = missing.get(key);
    const entry = byKey.get(key);
    const answer = entry?.read.kind === 'given' ? entry.read.answer : undefined;
    const stated = before.get(key);
    const open = need === undefined ? undefined : answer === undefined ? undefined : whyOpen(need, answer);
    return [
      {
        region,
        asked,
        ...(need !== undefined && { needed: need.label }),
        cites: [...new Set(need?.criteria.map((id) => cites.get(id) ?? id))],
        leads: need?.leads ?? [],
        ...(need?.action !== undefined && proposesSteps(checked) && { action: need.action }),
        ...(entry !== undefined && { entry }),
        ...(entry?.read.kind === 'problem' && { problem: entry.read.problem }),
        ...(open !== undefined && { open }),
        ...(stated !== undefined && { onFile: stated }),
        state: answer !== undefined ? 'answered' : stated === undefined ? 'missing' : 'on-file',
      },
    ];
  };
  const asked = new Set([
    ...entries.map((e) => entryKey(e)).filter((key) => !before.has(key) || missing.has(key)),
    ...missing.keys(),
  ]);
  const questions = [...asked].flatMap(question);
  const shown = new Set(questions.map((q) => entryKey({ region: q.region, fact: q.asked.code })));
  const elsewhere = [...missing].flatMap(([key, m]): readonly Elsewhere[] =>
    shown.has(key)
      ? []
      : [{ label: m.label, ask: m.ask, leads: m.leads, kind: m.fact === 'birth-date' ? 'chart' : 'order' }],
  );
  return { questions, onFile: [...before.keys()].filter((key) => !shown.has(key)).flatMap(question), elsewhere };
}
