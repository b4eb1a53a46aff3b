import { parseDuration } from '../../src/dates/day.ts';
import type { NodeInput } from '../../src/policy/schema.ts';
import { type Change, drop, inShort, type Kind, type Surroundings } from './change.ts';
import { GONE, type YamlPath } from './edit.ts';

/** A duration of half the length, as a smaller unit where the number is odd. */
const HALF: Readonly<Record<string, (n: number) => string>> = {
  hours: (n) => `${Math.floor(n / 2)} hours`,
  days: (n) => `${Math.floor(n / 2)} days`,
  weeks: (n) => `${Math.floor((n * 7) / 2)} days`,
  months: (n) => (n % 2 === 0 ? `${n / 2} months` : `${n * 15} days`),
  years: (n) => (n % 2 === 0 ? `${n / 2} years` : `${n * 6} months`),
};

/** Twice and half of a duration; nothing for a parameter. */
export function otherDurations(text: string): readonly string[] {
  const duration = parseDuration(text);
  if (duration === undefined) return [];
  return [`${duration.count * 2} ${duration.unit}`, HALF[duration.unit]?.(duration.count) ?? text];
}

const shifts = (kind: Kind, name: string, text: string, at: YamlPath): readonly Change[] =>
  otherDurations(text).map((d) => ({ kind, what: `${name} ${d} (was ${text})`, at, by: d }));

const OPPOSITE: Readonly<Record<string, string>> = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' };
const BOUNDARY: Readonly<Record<string, string>> = { '>': '>=', '>=': '>', '<': '<=', '<=': '<' };

/** The opposite comparison, the one with or without the limit itself, and other limits. */
function comparisons(name: string, text: string, at: YamlPath): readonly Change[] {
  const space = text.indexOf(' ');
  const op = text.slice(0, space);
  const limit = text.slice(space + 1);
  const to = (t: string): Change => ({ kind: 'comparison', what: `${name} ${t} (was ${text})`, at, by: t });
  return [
    to(`${OPPOSITE[op]} ${limit}`),
    to(`${BOUNDARY[op]} ${limit}`),
    ...otherDurations(limit).map((d) => to(`${op} ${d}`)),
  ];
}

/** Another certainty of a fact. */
function certainties(text: string, at: YamlPath, around: Surroundings): readonly Change[] {
  const words = text.split(' ');
  const fact = words.at(-1) ?? '';
  if (words.length === 1 || words[0] === 'known') {
    if (!around.strict || fact.startsWith('$') || !around.suspectable(fact)) return [];
    return [{ kind: 'certainty', what: `suspected ${fact} (was known)`, at, by: `suspected ${fact}` }];
  }
  return [{ kind: 'certainty', what: `known ${fact} (was ${words[0]})`, at, by: fact }];
}

type Leaf = Extract<NodeInput, { fact: string } | { absent: string }>;
const WINDOW = ['within', 'ago', 'grace'] as const;

/** The window, region and source of a leaf. */
function leafChanges(node: Leaf, at: YamlPath): readonly Change[] {
  const shifted = WINDOW.flatMap((key) => {
    const text = node[key];
    return text === undefined ? [] : shifts('window', key, text, [...at, key]);
  });
  const dropped = (['within', 'ago', 'grace', 'begun', 'since', 'region', 'source'] as const).flatMap(
    (key): readonly Change[] =>
      node[key] === undefined || (key === 'since' && node.grace !== undefined)
        ? []
        : [{ kind: key === 'region' ? 'region' : 'window', what: `no ${key}`, at: [...at, key], by: GONE }],
  );
  return [
    ...shifted,
    ...dropped,
    ...(node.begun === undefined ? [] : comparisons('begun', node.begun, [...at, 'begun'])),
  ];
}

/** The operands of a list: each left out, and changed itself. */
function operands(nodes: readonly NodeInput[], at: YamlPath, around: Surroundings): readonly Change[] {
  return nodes.flatMap((node, i): readonly Change[] => [
    ...(nodes.length > 1 ? [drop(`operand ${i + 1}: ${inShort(node)}`, [...at, i])] : []),
    ...nodeChanges(node, [...at, i], around),
  ]);
}

/** The same node with another key for its operands. */
function renamed(node: object, from: string, to: string): unknown {
  return Object.fromEntries(Object.entries(node).map(([k, v]) => [k === from ? to : k, v]));
}

/** Every change of a node and of the nodes in it. */
export function nodeChanges(node: NodeInput, at: YamlPath, around: Surroundings): readonly Change[] {
  if (typeof node === 'string') return certainties(node, at, around);
  const dates = (['from', 'until'] as const).flatMap((key): readonly Change[] =>
    node[key] === undefined ? [] : [{ kind: 'date', what: `no ${key}`, at: [...at, key], by: GONE }],
  );
  return [...dates, ...operatorChanges(node, at, around)];
}

function operatorChanges(node: Exclude<NodeInput, string>, at: YamlPath, around: Surroundings): readonly Change[] {
  const swap = (what: string, by: unknown): Change => ({ kind: 'operator', what, at, by });
  if ('all' in node)
    return [
      ...(node.all.length > 1 ? [swap('any (was all)', renamed(node, 'all', 'any'))] : []),
      ...operands(node.all, [...at, 'all'], around),
    ];
  if ('any' in node)
    return [
      ...(node.any.length > 1 ? [swap('all (was any)', renamed(node, 'any', 'all'))] : []),
      ...operands(node.any, [...at, 'any'], around),
    ];
  if ('at-least' in node) {
    const n = node['at-least'];
    const counts = [n - 1, n + 1].filter((m) => m > 0 && m <= node.of.length);
    return [
      ...counts.map((m) => swap(`at least ${m} (was ${n})`, { ...node, 'at-least': m })),
      ...operands(node.of, [...at, 'of'], around),
    ];
  }
  if ('not' in node) return [swap('not is left out', node.not), ...nodeChanges(node.not, [...at, 'not'], around)];
  if ('fact' in node) return [...certainties(node.fact, [...at, 'fact'], around), ...leafChanges(node, at)];
  if ('absent' in node) {
    const { absent, ...rest } = node;
    return [
      swap('fact (was absent)', { ...rest, fact: absent }),
      { kind: 'world', what: 'not (was absent)', at, by: { not: { ...rest, fact: absent } } },
      ...certainties(absent, [...at, 'absent'], around),
      ...leafChanges(node, at),
    ];
  }
  if ('age' in node) return comparisons('age', node.age, [...at, 'age']);
  if ('episode' in node) return comparisons('episode', node.episode, [...at, 'episode']);
  if ('schedule' in node) return scheduleChanges(node.schedule, [...at, 'schedule']);
  if ('use' in node)
    return Object.entries(node.with ?? {}).flatMap(([name, text]) =>
      shifts('window', name, text, [...at, 'with', name]),
    );
  if ('any-indication' in node)
    return node['any-indication'].except.map((id, i) => ({
      kind: 'drop',
      what: `${id} is no exception`,
      at: [...at, 'any-indication', 'except', i],
      by: GONE,
    }));
  return [];
}

type Schedule = Extract<NodeInput, { schedule: object }>['schedule'];

function scheduleChanges(schedule: Schedule, at: YamlPath): readonly Change[] {
  const other = schedule.from === 'earliest' ? 'latest' : 'earliest';
  return [
    { kind: 'schedule', what: `counted from the ${other} date`, at: [...at, 'from'], by: other },
    ...(schedule.after === undefined
      ? []
      : [{ kind: 'schedule' as const, what: 'no after', at: [...at, 'after'], by: GONE }]),
    ...schedule.bands.flatMap((band, i) => [
      ...(band.until === undefined ? [] : shifts('schedule', 'until', band.until, [...at, 'bands', i, 'until'])),
      ...shifts('schedule', 'every', band.every, [...at, 'bands', i, 'every']),
    ]),
  ];
}
