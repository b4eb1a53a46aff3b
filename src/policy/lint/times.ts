import { type Duration, parseDuration } from '../../dates/day.ts';
import { error, type Finding } from '../../yaml/finding.ts';
import type { LoadedFile } from '../../yaml/yaml-file.ts';
import type { NodeInput, PolicyInput } from '../schema.ts';
import { type NodeAt, nodesOf, placesIn, type Role, type YamlPath } from '../walk.ts';

/** A span of dates as text; open at either end. */
interface Span {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}
type At = (path: YamlPath) => string;

const isDated = (s: Span): boolean => s.from !== undefined || s.until !== undefined;
const holdsOn = (s: Span, date: string): boolean =>
  (s.from === undefined || s.from <= date) && (s.until === undefined || date < s.until);

/** What two spans have in common. */
const within = (a: Span, b: Span): Span => ({
  from: a.from === undefined || (b.from !== undefined && b.from > a.from) ? b.from : a.from,
  until: a.until === undefined || (b.until !== undefined && b.until < a.until) ? b.until : a.until,
});

const DAYS: Readonly<Record<Duration['unit'], number>> = {
  hours: 1 / 24,
  days: 1,
  weeks: 7,
  months: 30.4375,
  years: 365.25,
};

/** A duration in days, months and years by their mean length. */
export const inDays = ({ count, unit }: Duration): number => count * DAYS[unit];

const daysOf = (text: string): number | undefined => {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : inDays(duration);
};

/** Dates, windows and schedules that can never apply, or have no effect where they stand. */
export function lintTimes(file: LoadedFile<PolicyInput>): readonly Finding[] {
  const { data } = file;
  const at: At = (path) => file.locate(path);
  const whole: Span = { from: data.effective, until: data.until };
  const places = [...placesIn(data.indications)].flatMap(({ place, at: path, above }) =>
    spanFindings(
      place,
      [...above].reduce<Span>((s, p) => within(s, p), whole),
      whole.from ?? '',
      path,
      at,
    ),
  );
  const exclusions = data.exclusions.flatMap((e, i) => spanFindings(e, whole, whole.from ?? '', ['exclusions', i], at));
  const nodes = [...nodesOf(data)].flatMap((n) => [
    ...datedNode(n, whole, at),
    ...emptied(n, whole, at),
    ...windows(n, at),
    ...bands(n, at),
  ]);
  return [...places, ...exclusions, ...nodes];
}

/** A span has to lie inside of that of the text and of the sections above. */
function spanFindings(own: Span, outer: Span, effective: string, path: YamlPath, at: At): readonly Finding[] {
  const out: Finding[] = [];
  const say = (key: 'from' | 'until', message: string): number =>
    out.push(error(at([...path, key]), `${key}: ${message}`));
  const { from, until } = own;
  if (from !== undefined && until !== undefined && until <= from)
    say('until', `lies before ${from}: it is never in force`);
  else if (from !== undefined && outer.until !== undefined && from >= outer.until)
    say('from', `what is around it ends on ${outer.until}: it is never in force`);
  else if (from !== undefined && outer.from !== undefined && from <= outer.from)
    say('from', `what is around it begins on ${outer.from} only${outer.from === effective ? ', with the text' : ''}`);
  else if (until !== undefined && outer.from !== undefined && until <= outer.from)
    say('until', `what is around it begins on ${outer.from}: it is never in force`);
  else if (until !== undefined && outer.until !== undefined && until >= outer.until)
    say('until', `what is around it ends on ${outer.until} already`);
  return out;
}

/** Only operands of `all`, `any` and `of`, and requirements, are left out when they are not in force. */
const LEFT_OUT: readonly Role[] = ['all', 'any', 'of', 'require'];

function datedNode({ node, at: path, role }: NodeAt, whole: Span, at: At): readonly Finding[] {
  if (typeof node === 'string' || !isDated(node)) return [];
  const key = node.from === undefined ? 'until' : 'from';
  if (!LEFT_OUT.includes(role))
    return [
      error(
        at([...path, key]),
        `${key}: dates have no safe meaning here; date the passage, or an operand of all, any or of`,
      ),
    ];
  return spanFindings(node, whole, whole.from ?? '', path, at);
}

/** `all` of nothing holds: on no day of the text may every operand be out of force. */
function emptied({ node, at: path }: NodeAt, whole: Span, at: At): readonly Finding[] {
  if (typeof node === 'string' || !('all' in node)) return [];
  const spans = node.all.map((n): Span => (typeof n === 'string' ? {} : n));
  if (!spans.every(isDated)) return [];
  const days = [whole.from ?? '', ...spans.flatMap((s) => [s.from, s.until])].filter((d) => d !== undefined);
  const empty = days.find((d) => holdsOn(whole, d) && !spans.some((s) => holdsOn(s, d)));
  return empty === undefined
    ? []
    : [error(at([...path, 'all']), `all: on ${empty} none of its operands is in force, so that it would hold`)];
}

function windows({ node, at: path }: NodeAt, at: At): readonly Finding[] {
  if (typeof node === 'string' || !('fact' in node || 'absent' in node)) return [];
  const within = node.within === undefined ? undefined : daysOf(node.within);
  const ago = node.ago === undefined ? undefined : daysOf(node.ago);
  return [
    ...(within !== undefined && ago !== undefined && ago > within
      ? [error(at([...path, 'ago']), `ago: nothing is at least ${node.ago} ago and within ${node.within}`)]
      : []),
    ...(node.grace !== undefined && node.since === undefined
      ? [error(at([...path, 'grace']), 'grace: has no effect without since')]
      : []),
    ...(node.source === 'order-reason' && within !== undefined
      ? [error(at([...path, 'within']), 'within: the reasons of the order have no date of their own')]
      : []),
  ];
}

type Schedule = Extract<NodeInput, { schedule: object }>['schedule'];

/** Bands follow each other; only the last may be open. */
function bands({ node, at: path }: NodeAt, at: At): readonly Finding[] {
  if (typeof node === 'string' || !('schedule' in node)) return [];
  const { bands: all }: Schedule = node.schedule;
  return all.flatMap((band, i) => {
    const before = all.slice(0, i);
    const here = [...path, 'schedule', 'bands', i];
    if (before.some((b) => b.until === undefined))
      return [error(at(here), 'schedule: an earlier band has no end, so that this one never applies')];
    const ends = before.map((b) => daysOf(b.until ?? '') ?? 0);
    const own = band.until === undefined ? Number.POSITIVE_INFINITY : (daysOf(band.until) ?? 0);
    return own <= Math.max(0, ...ends)
      ? [error(at([...here, 'until']), 'schedule: an earlier band ends later, so that this one never applies')]
      : [];
  });
}
