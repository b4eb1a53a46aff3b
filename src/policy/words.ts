import { formatDuration } from '../dates/day.ts';
import type { Atom, Comparison } from './compiled-policy.ts';
import type { FactCatalog, FactQuery, Region } from './fact-source.ts';

/** The regions in words, as a question names them. */
export const REGION_WORDS: Readonly<Record<Region, string>> = {
  cervical: 'the cervical spine',
  thoracic: 'the thoracic spine',
  lumbar: 'the lumbar spine',
  pelvis: 'the pelvis',
};

const comparison = ({ op, than }: Comparison): string =>
  `${{ '>': 'more than', '>=': 'at least', '<': 'less than', '<=': 'at most' }[op]} ${formatDuration(than)}`;

/** A label within a sentence: small at first, save abbreviations. */
export const lowerFirst = (label: string): string => label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());

/** A label at the beginning of a sentence. */
export const upperFirst = (label: string): string => label.charAt(0).toUpperCase() + label.slice(1);

const withoutBrackets = (label: string): string => label.replace(/ \([^()]*\)/g, '');

/** The window of a query in words, e.g. "within the last 3 months"; empty without one. */
function window(query: FactQuery): string {
  const parts = [
    ...(query.within === undefined
      ? []
      : [`within ${query.since === undefined ? 'the last ' : ''}${formatDuration(query.within)}`]),
    ...(query.ago === undefined ? [] : [`at least ${formatDuration(query.ago)} ago`]),
    ...(query.begun === undefined ? [] : [`first found ${comparison(query.begun)} ago`]),
    ...(query.since === 'episode' ? ['in the current episode'] : []),
    ...(query.source === 'order-reason' ? ['as the reason of this order'] : []),
  ];
  return parts.join(', ');
}

/** Does a question not say by itself after what it asks, as it does of what follows a treatment? */
const tellsOfEvent = ({ fact, since }: FactQuery, catalog: FactCatalog): boolean =>
  typeof since === 'object' &&
  catalog.describe(since.fact)?.takes === undefined &&
  !/\bsince\b/.test(catalog.describe(fact)?.ask ?? '');

/** The windows of queries any of which would do, in brackets; empty when one of them has none. */
function windows([query, ...others]: readonly FactQuery[], catalog: FactCatalog): string {
  if (query === undefined) return '';
  const events: string[] = [];
  const told = new Set<string>();
  for (const q of [query, ...others]) {
    if (typeof q.since === 'object' && (others.length > 0 || tellsOfEvent(q, catalog)))
      events.push(withoutBrackets(catalog.describe(q.since.fact)?.label ?? q.since.fact));
    else told.add(window(q));
  }
  if (events.length > 0) told.add(`since ${events.join(' or ')}`);
  return told.has('') ? '' : ` (${[...told].join(', or ')})`;
}

const queriesOfFacts = (atoms: readonly Atom[]): readonly FactQuery[] =>
  atoms.flatMap((a) => (a.kind === 'fact' || a.kind === 'absent' ? [a.query] : []));

/** That there is none of what a label names. */
export const noneOf = (label: string): string => `no ${label.replace(/^(an?|the) /, '')}`;

/** The opposite of what a label names: of "no x" it is "x", of "at least" so much "less than" that. */
export function opposite(label: string): string {
  if (label.startsWith('no ')) return label.slice(3);
  return label.startsWith('at least ') ? label.replace('at least', 'less than') : noneOf(label);
}

/** The code under which an answer to this query is documented: the fact, with a suffix when suspicion or history suffices. */
export const factCode = (query: FactQuery): string =>
  query.certainty === 'known' ? query.fact : `${query.fact}.${query.certainty}`;

/**
 * What a leaf states, in words.
 * @param also leaves that ask for the same fact in other windows, any of which would do
 */
export function atomLabel(atom: Atom, catalog: FactCatalog, also: readonly Atom[] = []): string {
  switch (atom.kind) {
    case 'age':
      return `age ${comparison(atom.comparison)}`;
    case 'episode':
      return `current episode ${comparison(atom.comparison)}`;
    case 'schedule':
      return `surveillance due (${catalog.describe(atom.last.fact)?.label ?? atom.last.fact})`;
    default: {
      const label = catalog.describe(atom.query.fact)?.label ?? atom.query.fact;
      const certainty = { known: '', suspected: ' (known or suspected)', history: ' (now or in the past)' }[
        atom.query.certainty
      ];
      return `${atom.kind === 'absent' ? noneOf(label) : label}${certainty}${windows(queriesOfFacts([atom, ...also]), catalog)}`;
    }
  }
}

const INVERSE = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' } as const;

/** What holds when a leaf does not, in words; of a comparison the one that is then true. */
export function oppositeLabel(atom: Atom, catalog: FactCatalog): string {
  if (atom.kind !== 'age' && atom.kind !== 'episode') return opposite(atomLabel(atom, catalog));
  const { op, than } = atom.comparison;
  return atomLabel({ ...atom, comparison: { op: INVERSE[op], than } }, catalog);
}

/** What a leaf states, with everything that the policy says of it: anchors, other regions, the bands of a schedule. */
export function atomInFull(atom: Atom, catalog: FactCatalog, pathRegion: Region | 'any'): string {
  const label = (fact: string): string => catalog.describe(fact)?.label ?? fact;
  if (atom.kind === 'schedule') {
    const bands = atom.bands.map(
      ({ every, until }) =>
        `every ${formatDuration(every)}${until === undefined ? '' : ` until ${formatDuration(until)}`}`,
    );
    const start = `the ${atom.from === 'earliest' ? 'first' : 'last'} ${label(atom.countedFrom.fact)}`;
    return `due ${bands.join(', then ')}, counted from ${start}; last done: ${label(atom.last.fact)}`;
  }
  const base = atomLabel(atom, catalog);
  if (atom.kind === 'age') return base;
  if (atom.kind === 'episode') return atom.region === pathRegion ? base : `${base} (${place(atom.region)})`;
  const { since, grace, region } = atom.query;
  const more = [
    ...(typeof since === 'object' && !tellsOfEvent(atom.query, catalog) ? [`since ${label(since.fact)}`] : []),
    ...(grace === undefined ? [] : [`or up to ${formatDuration(grace)} before`]),
    ...(region === pathRegion ? [] : [place(region)]),
  ];
  return more.length === 0 ? base : `${base} (${more.join(', ')})`;
}

const place = (region: Region | 'any'): string => (region === 'any' ? 'of any region' : `of the ${region} region`);

/** Questions about what is seen, felt or happened, not suspected, and those that ask for the suspicion anyway. */
const NOT_TO_SUSPECT = /suspected|^(Does the examination|Are there|Was) /;

/** The neutral question for a fact, whenever it was: the same wherever the fact is asked under this code. */
export function factQuestion({ fact, certainty }: Pick<FactQuery, 'fact' | 'certainty'>, catalog: FactCatalog): string {
  const { ask = `Is there ${fact}?`, complaint = false } = catalog.describe(fact) ?? {};
  const said = ask.replace(/\?$/, '');
  if (certainty === 'suspected' && !complaint && !NOT_TO_SUSPECT.test(ask)) return `${said}, or is that suspected?`;
  return certainty === 'history' ? `${said} (now or in the past)?` : ask;
}

/**
 * The neutral question that settles a leaf.
 * @param also leaves that ask for the same fact in other windows, any of which would do
 */
export function atomQuestion(atom: Atom, catalog: FactCatalog, also: readonly Atom[] = []): string {
  switch (atom.kind) {
    case 'age':
      return 'What is the date of birth?';
    case 'episode':
      return catalog.describe('episode-onset')?.ask ?? 'On which date did the current episode begin?';
    case 'schedule':
      return atomQuestion({ kind: 'fact', query: atom.countedFrom }, catalog);
    default: {
      const ask = factQuestion(atom.query, catalog);
      const when = windows(queriesOfFacts([atom, ...also]), catalog);
      return when === '' ? ask : `${ask.replace(/\?$/, '')}${when}?`;
    }
  }
}

/** The fact that a leaf asks for. */
export function atomFact(atom: Atom): string {
  if (atom.kind === 'age') return 'birth-date';
  if (atom.kind === 'episode') return 'episode-onset';
  return factCode(atom.kind === 'schedule' ? atom.countedFrom : atom.query);
}

/** The region that a leaf is about. */
export function atomRegion(atom: Atom): Region | 'any' | undefined {
  if (atom.kind === 'age') return undefined;
  if (atom.kind === 'episode') return atom.region;
  return (atom.kind === 'schedule' ? atom.countedFrom : atom.query).region;
}
