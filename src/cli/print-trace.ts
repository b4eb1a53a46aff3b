import type { Trace } from '../policy/assessment.ts';
import type { Evidence } from '../policy/fact-source.ts';

const MARK = { true: '+', false: '-', unknown: '?' } as const;

const source = (e: Evidence): string =>
  [e.reference ?? 'nothing on file', e.date].filter((part) => part !== undefined).join(' ');

/** An evaluated passage as an indented outline: + true, - false, ? unknown, each leaf with its evidence. */
export function traceAsText(trace: Trace, depth = 0): readonly string[] {
  const head = [trace.id, trace.cite === undefined ? undefined : `(${trace.cite})`, trace.label]
    .filter((part) => part !== undefined)
    .join(' ');
  const why = [
    ...(trace.inPlay === undefined ? [] : [`in play: ${trace.inPlay}`]),
    ...(trace.gap === undefined ? [] : [trace.gap]),
    ...(trace.evidence ?? []).map(source),
    ...(trace.conflicts ?? []).map((e) => `against: ${source(e)}`),
    ...(trace.leads ?? []).map((l) => `lead: ${l.reference} ${l.label}`),
  ];
  return [
    `${'  '.repeat(depth)}${MARK[trace.truth]} ${head}${why.length === 0 ? '' : `  [${why.join('; ')}]`}`,
    ...(trace.children ?? []).flatMap((child) => traceAsText(child, depth + 1)),
  ];
}
