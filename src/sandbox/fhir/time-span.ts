import { isObject, text } from '../../chart/json.ts';
import { FhirProblem, quoted } from './problem.ts';

/** A span of time, from its first millisecond to the first after it. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;
const MINUTE = 60_000;

/** The span that a FHIR date covers as far as it is given; without a zone it is UTC. */
function spanOfDate(date: string): Span | undefined {
  const m = DATE.exec(date);
  if (m === null) return undefined;
  const [year, month, day] = [Number(m[1]), Number(m[2] ?? 1), Number(m[3] ?? 1)];
  const from = Date.UTC(year, month - 1, day);
  const back = new Date(from);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
  if (m[2] === undefined) return { from, to: Date.UTC(year + 1, 0) };
  if (m[3] === undefined) return { from, to: Date.UTC(year, month) };
  if (m[4] === undefined) return { from, to: from + 24 * 60 * MINUTE };
  const at = Date.parse(`${date.slice(0, 16)}:${m[6] ?? '00'}${(m[7] ?? '').slice(0, 4)}${m[8] ?? 'Z'}`);
  if (Number.isNaN(at)) return undefined;
  return { from: at, to: at + (m[6] === undefined ? MINUTE : m[7] === undefined ? 1000 : 1) };
}

/** The span of a date, dateTime, instant or Period; an open end reaches to infinity. */
export function spanOf(value: unknown): Span | undefined {
  if (typeof value === 'string') return spanOfDate(value);
  if (!isObject(value)) return undefined;
  const [start, end] = [text(value['start']), text(value['end'])];
  if (start === undefined && end === undefined) return undefined;
  return {
    from: start === undefined ? Number.NEGATIVE_INFINITY : (spanOfDate(start)?.from ?? Number.NEGATIVE_INFINITY),
    to: end === undefined ? Number.POSITIVE_INFINITY : (spanOfDate(end)?.to ?? Number.POSITIVE_INFINITY),
  };
}

const inside = (s: Span, q: Span): boolean => s.from >= q.from && s.to <= q.to;

/** How the span of a resource compares with the span of a search, by prefix (FHIR R4, search, "Prefixes"). */
const PREFIXES: Readonly<Record<string, (s: Span, q: Span, now: number) => boolean>> = {
  eq: inside,
  ne: (s, q) => !inside(s, q),
  gt: (s, q) => s.to > q.to,
  lt: (s, q) => s.from < q.from,
  ge: (s, q) => s.to > q.to || inside(s, q),
  le: (s, q) => s.from < q.from || inside(s, q),
  sa: (s, q) => s.from >= q.to,
  eb: (s, q) => s.to <= q.from,
  ap: (s, q, now) => {
    const slack = Math.abs(now - (q.from + q.to) / 2) / 10;
    return s.from < q.to + slack && s.to > q.from - slack;
  },
};

/**
 * How a date of a search, with or without a prefix, compares with the dates and periods of resources.
 * @throws FhirProblem (400) when it is no date
 */
export function date(name: string, wanted: string, now: number): (value: unknown) => boolean {
  const given = /^[a-z]{2}/.test(wanted) ? wanted.slice(0, 2) : '';
  const compare = Object.hasOwn(PREFIXES, given || 'eq') ? PREFIXES[given || 'eq'] : undefined;
  // "+" of a zone arrives as a space when the client did not encode it
  const span = spanOfDate(wanted.slice(given.length).replace(' ', '+'));
  if (compare === undefined || span === undefined)
    throw new FhirProblem(
      400,
      'value',
      `${quoted(name)} wants a date such as "2025-01-31" or "ge2025-01", not this one`,
    );
  return (v) => {
    const s = spanOf(v);
    return s !== undefined && compare(s, span, now);
  };
}
