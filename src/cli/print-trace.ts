import type { Trace } from '../policy/assessment.ts';
import type { Considered, Evidence } from '../policy/fact-source.ts';

const MARK = { true: '+', false: '-', unknown: '?' } as const;
/** What a gap means to somebody who reads a tree. */
const GAP = {
  silent: 'nothing on file',
  incomplete: 'not seen whole',
  unclear: 'not clear',
  conflict: 'contradictory',
} as const;
const VERDICT: Readonly<Record<Considered['verdict'], string>> = {
  for: 'for',
  against: 'against',
  lead: 'lead',
  ignored: 'ignored',
};

const FEW_LEADS = 2;

const source = (e: Evidence): string =>
  [e.reference ?? 'none on file', e.date].filter((part) => part !== undefined).join(' ');

/** id, citation and label of a node on one line. */
const head = ({ id, cite, label }: Trace): string =>
  [id, cite === undefined || cite === id ? undefined : `(${cite})`, label]
    .filter((part) => part !== undefined)
    .join(' ');

function why(trace: Trace): string {
  const parts = [
    ...(trace.gap === undefined ? [] : [GAP[trace.gap]]),
    ...(trace.evidence ?? []).map(source),
    ...(trace.conflicts ?? []).map((e) => `against: ${source(e)}`),
    ...(trace.leads ?? [])
      .slice(0, FEW_LEADS)
      .map((l) => `lead: ${l.reference}${l.date === undefined ? '' : ` ${l.date}`}, ${l.label}`),
    ...((trace.leads?.length ?? 0) > FEW_LEADS ? [`${(trace.leads?.length ?? 0) - FEW_LEADS} more leads`] : []),
  ];
  return parts.length === 0 ? '' : `  [${parts.join('; ')}]`;
}

const pad = (depth: number): string => '  '.repeat(depth);

/** Nothing in the chart speaks of a criterion, for it or against it. */
function isSilent({ truth, gap, leads, children }: Trace): boolean {
  if (children !== undefined && children.length > 0) return children.every(isSilent);
  return truth === 'unknown' && gap === 'silent' && (leads ?? []).length === 0;
}

/**
 * An evaluated passage as an indented outline: + true, - false, ? unknown, each leaf with its evidence.
 * @param whole also what lies below criteria on which the chart is silent
 */
export function traceAsText(trace: Trace, whole: boolean, depth = 0): readonly string[] {
  const children = trace.children ?? [];
  const line = `${pad(depth)}${MARK[trace.truth]} ${head(trace)}`;
  if (!whole && children.length > 0 && isSilent(trace)) return [`${line}  [${GAP.silent}]`];
  return [`${line}${why(trace)}`, ...children.flatMap((child) => traceAsText(child, whole, depth + 1))];
}

const consideredLine = ({ reference, date, verdict, reason }: Considered): string =>
  `${VERDICT[verdict].padEnd(8)} ${[reference, date].filter((part) => part !== undefined).join(' ')}: ${reason}`;

/** What else the chart has of a fact, beside what was looked at for it. */
export interface Others {
  /** was left out of the chart before */
  dropped(fact: string): readonly { readonly ref: string; readonly reason: string }[];
  /** has a code of the fact */
  candidates(fact: string): readonly Considered[];
}

/** What was looked at for a leaf, each resource with the reasons why it did or did not count. */
function resourcesOf({ fact, considered = [], evidence = [], truth }: Trace, others: Others): readonly string[] {
  if (fact === undefined)
    return evidence.map((e) => consideredLine({ reference: source(e), verdict: VERDICT_OF[truth], reason: 'on file' }));
  const id = fact.split('.')[0] ?? fact;
  const seen = new Set(considered.map((c) => c.reference));
  const rest = others.candidates(id).filter((c) => !seen.has(c.reference));
  const dropped = others.dropped(id).map((d) => `dropped  ${d.ref}: ${d.reason}`);
  return [...new Set([...[...considered, ...rest].map(consideredLine), ...dropped])];
}

const VERDICT_OF = { true: 'for', false: 'against', unknown: 'lead' } as const;

/** An evaluated passage with every resource that was looked at, and why it did or did not count. */
export function explanation(trace: Trace, others: Others, depth = 0): readonly string[] {
  const children = trace.children ?? [];
  const lines = children.length > 0 ? [] : resourcesOf(trace, others);
  return [
    `${pad(depth)}${MARK[trace.truth]} ${head(trace)}${trace.gap === undefined ? '' : `  [${GAP[trace.gap]}]`}`,
    ...(trace.note === undefined ? [] : [`${pad(depth + 2)}note: ${trace.note.trim()}`]),
    ...lines.map((line) => `${pad(depth + 2)}${line}`),
    ...(trace.fact !== undefined && children.length === 0 && lines.length === 0
      ? [`${pad(depth + 2)}nothing in the chart was looked at for it`]
      : []),
    ...children.flatMap((child) => explanation(child, others, depth + 1)),
  ];
}

/** The nodes with an id, or with that of the passage in one region, anywhere in a tree; the outermost ones. */
export function findNodes(traces: readonly Trace[], id: string): readonly Trace[] {
  return traces.flatMap((t) =>
    t.id === id || t.id?.startsWith(`${id}@`) === true ? [t] : findNodes(t.children ?? [], id),
  );
}
