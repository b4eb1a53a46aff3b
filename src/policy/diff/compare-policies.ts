import type { Day } from '../../dates/day.ts';
import type { Atom, CompiledExclusion, CompiledPath, CompiledPolicy, Expr } from '../compiled-policy.ts';
import { Evaluation } from '../evaluate.ts';
import { type FactCatalog, REGIONS, type Region } from '../fact-source.ts';
import { PathStates } from '../path-states.ts';
import type { Truth } from '../truth.ts';
import { atomLabel } from '../words.ts';
import { RandomWorld } from './random-world.ts';

/** What became of a passage or exclusion. Tightened: fewer patients fulfil it; for an exclusion, fewer are excluded. */
export type ChangeKind = 'added' | 'removed' | 'tightened' | 'loosened' | 'changed' | 'reworded';

/** What only the new text has, and what only the old one has. */
export interface Differences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface PassageChange {
  readonly id: string;
  readonly part: 'indication' | 'exclusion' | 'exemption';
  readonly label: string;
  readonly cite: string;
  readonly kind: ChangeKind;
  /** leaves that only the new or only the old text has, in words */
  readonly leaves: Differences;
  /** codes that the passage names now, or named before */
  readonly studies: Differences;
}

export interface PolicyDiff {
  readonly from: { readonly id: string; readonly version: string; readonly effective: string };
  readonly to: { readonly id: string; readonly version: string; readonly effective: string };
  /** codes that the text governs now, or governed before */
  readonly governs: Differences;
  readonly changes: readonly PassageChange[];
}

/** Made-up patients; those of them who fulfil a passage and are changed, and how often. */
const WORLDS = 2000;
const NEAR = 50;
const CHANGED = 2500;

const onlyIn = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const known = new Set(b);
  return [...new Set(a)].filter((x) => !known.has(x));
};

const sides = (before: readonly string[], after: readonly string[]): Differences => ({
  added: onlyIn(after, before),
  removed: onlyIn(before, after),
});

/** An expression without its place and words: equal forms mean the same. */
function form(expr: Expr, atoms: readonly Atom[]): string {
  const period = `${expr.from ?? ''}-${expr.until ?? ''}`;
  if (expr.op === 'atom') return `${JSON.stringify(atoms[expr.atom])}${period}`;
  if (expr.op === 'review') return `review ${expr.what}${period}`;
  if (expr.op === 'any-indication') return `any-indication ${expr.except.join()} ${expr.region}${period}`;
  if (expr.op === 'not') return `not(${form(expr.child, atoms)})${period}`;
  if (expr.op === 'closable')
    return `closable(${form(expr.child, atoms)};${expr.closedBy.map((c) => form(c, atoms)).join()})${period}`;
  const n = expr.op === 'at-least' ? expr.n : '';
  const children = expr.children.map((c) => form(c, atoms)).sort();
  return expr.children.length === 1 && n === '' ? (children[0] ?? '') : `${expr.op}${n}(${children.join()})${period}`;
}

function leavesOf(expr: Expr, policy: CompiledPolicy, catalog: FactCatalog): readonly string[] {
  if (expr.op === 'atom') {
    const atom = policy.atoms[expr.atom];
    return atom === undefined ? [] : [atomLabel(atom, catalog)];
  }
  if (expr.op === 'review') return [`left to a reviewer: ${expr.what}`];
  if (expr.op === 'any-indication') return ['any other indication'];
  return expr.op === 'not' || expr.op === 'closable'
    ? leavesOf(expr.child, policy, catalog)
    : expr.children.flatMap((c) => leavesOf(c, policy, catalog));
}

/** A passage without its place and words. Equal forms mean the same; so may other criteria, if the worlds cannot tell them apart. */
interface Form {
  readonly criteria: string;
  /** what else decides: when it concerns a patient, what is asked, for which studies, in which period */
  readonly rest: string;
}

const pathForm = (path: CompiledPath, policy: CompiledPolicy): Form => ({
  criteria: form(path.whole, policy.atoms),
  rest: [
    path.about === undefined ? '' : form(path.about, policy.atoms),
    path.closedBy.map((c) => form(c, policy.atoms)).join(),
    JSON.stringify([path.screen, path.ownStudiesOnly, path.onlyOrdered, path.inForce]),
  ].join('|'),
});

const exclusionForm = (e: CompiledExclusion, policy: CompiledPolicy): Form => ({
  criteria: [form(e.criteria, policy.atoms), e.unless === undefined ? '' : form(e.unless, policy.atoms)].join('|'),
  rest: JSON.stringify([e.ifUnknown, e.studies, e.region, e.onlyOrdered, e.from, e.until]),
});

/** Whether a passage holds in each of many worlds. */
type Holds = (world: RandomWorld) => boolean;

const regionsOf = (region: Region | 'any'): readonly Region[] => (region === 'any' ? REGIONS : [region]);

const pathHolds =
  (policy: CompiledPolicy, path: CompiledPath): Holds =>
  (world) =>
    new PathStates(policy, world, regionsOf(path.region), '').state(path).truth === 'true';

function exclusionHolds(policy: CompiledPolicy, exclusion: CompiledExclusion): Holds {
  const none = (): Truth => 'false';
  return (world) => {
    const ev = new Evaluation(policy, world, none);
    if (!ev.inForce(exclusion) || ev.truth(exclusion.criteria) !== 'true') return false;
    return exclusion.unless === undefined || ev.truth(exclusion.unless) !== 'true';
  };
}

/**
 * Compares two texts over made-up patients: who fulfils the one and not the other? Few of them come near a line that was moved deep
 * within a passage; so those who fulfil the passage are changed a little, in what the texts asked of them.
 */
function compare(before: Holds, after: Holds, on: Day): ChangeKind {
  let lost = false;
  let won = false;
  /** @returns the world, if the passage holds in it */
  const hold = (world: RandomWorld): RandomWorld | undefined => {
    const [b, a] = [before(world), after(world)];
    lost ||= b && !a;
    won ||= a && !b;
    return b || a ? world : undefined;
  };
  const fulfilling: RandomWorld[] = [];
  for (let seed = 1; seed <= WORLDS && !(lost && won); seed++) {
    const found = hold(new RandomWorld(seed, on));
    if (found !== undefined && fulfilling.length < NEAR) fulfilling.push(found);
  }
  for (let i = 1; i <= CHANGED && fulfilling.length > 0 && !(lost && won); i++) {
    const at = i % fulfilling.length;
    const found = hold(changed(fulfilling[at] as RandomWorld, i));
    // from there it goes on
    if (found !== undefined) fulfilling[at] = found;
  }
  if (lost && won) return 'changed';
  return lost ? 'tightened' : won ? 'loosened' : 'reworded';
}

/** A world of which one to three parts are drawn again. */
function changed(world: RandomWorld, seed: number): RandomWorld {
  const { asked } = world;
  const parts = Array.from({ length: 1 + (seed % 3) }, (_, i) => {
    const place = (Math.imul(seed * 3 + i, 2_654_435_761) >>> 0) / 2 ** 32;
    return asked[Math.floor(place * asked.length)] ?? '';
  });
  return world.with(parts, seed);
}

const about = (policy: CompiledPolicy): PolicyDiff['from'] => ({
  id: policy.id,
  version: policy.input.version,
  effective: policy.input.effective,
});

interface Part<T> {
  readonly part: PassageChange['part'];
  readonly of: (policy: CompiledPolicy) => readonly T[];
  readonly form: (item: T, policy: CompiledPolicy) => Form;
  /** left out: a change of it has no direction */
  readonly holds?: (policy: CompiledPolicy, item: T) => Holds;
  readonly leaves: (item: T, policy: CompiledPolicy) => readonly string[];
  readonly studies: (item: T) => readonly string[];
}

function changesOf<T extends { readonly id: string; readonly label: string; readonly cite: string }>(
  part: Part<T>,
  from: CompiledPolicy,
  to: CompiledPolicy,
  on: Day,
): readonly PassageChange[] {
  const before = new Map(part.of(from).map((i) => [i.id, i]));
  const after = new Map(part.of(to).map((i) => [i.id, i]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): readonly PassageChange[] => {
    const [was, is] = [before.get(id), after.get(id)];
    const shown = is ?? was;
    if (shown === undefined) return [];
    const leaves = sides(was === undefined ? [] : part.leaves(was, from), is === undefined ? [] : part.leaves(is, to));
    const studies = sides(was === undefined ? [] : part.studies(was), is === undefined ? [] : part.studies(is));
    const base = { id, part: part.part, label: shown.label, cite: shown.cite, leaves, studies };
    if (was === undefined) return [{ ...base, kind: 'added' }];
    if (is === undefined) return [{ ...base, kind: 'removed' }];
    const kind = kindOf(part, { item: was, policy: from }, { item: is, policy: to }, { leaves, studies, on });
    return kind === undefined ? [] : [{ ...base, kind }];
  });
}

interface Dated<T> {
  readonly item: T;
  readonly policy: CompiledPolicy;
}

const isSame = ({ added, removed }: Differences): boolean => added.length === 0 && removed.length === 0;

/** What kind of change it is, of a passage that both texts have; undefined when it is none. */
function kindOf<T extends { readonly label: string; readonly cite: string }>(
  { form, holds }: Part<T>,
  was: Dated<T>,
  is: Dated<T>,
  { leaves, studies, on }: { readonly leaves: Differences; readonly studies: Differences; readonly on: Day },
): PassageChange['kind'] | undefined {
  const [before, after] = [form(was.item, was.policy), form(is.item, is.policy)];
  const sameRest = before.rest === after.rest;
  if (before.criteria === after.criteria && sameRest) {
    if (!isSame(studies)) return 'changed';
    return was.item.label !== is.item.label || was.item.cite !== is.item.cite ? 'reworded' : undefined;
  }
  if (holds === undefined) return 'changed';
  const kind = compare(holds(was.policy, was.item), holds(is.policy, is.item), on);
  return kind === 'reworded' && !(isSame(studies) && sameRest && isSame(leaves)) ? 'changed' : kind;
}

/**
 * Tells what a new text of a policy changes: passages and exclusions added, removed, tightened, loosened. Whether a rule became
 * tighter is found by evaluating both over the same made-up patients.
 * @param on the day of the orders: texts with dates are compared as they are in force on it
 */
export function comparePolicies(from: CompiledPolicy, to: CompiledPolicy, on: Day, catalog: FactCatalog): PolicyDiff {
  const indications: Part<CompiledPath> = {
    part: 'indication',
    of: (p) => p.paths,
    form: pathForm,
    holds: pathHolds,
    leaves: (path, p) => leavesOf(path.whole, p, catalog),
    studies: (path) => path.studies.map((s) => s.code),
  };
  const exclusions: Part<CompiledExclusion> = {
    part: 'exclusion',
    of: (p) => p.exclusions,
    form: exclusionForm,
    holds: exclusionHolds,
    leaves: (e, p) => [
      ...leavesOf(e.criteria, p, catalog),
      ...(e.unless === undefined ? [] : leavesOf(e.unless, p, catalog).map((l) => `unless ${l}`)),
    ],
    studies: (e) => e.studies ?? [],
  };
  type Exemption = CompiledPolicy['input']['not-required'][number];
  const exemptions: Part<Exemption> = {
    part: 'exemption',
    of: (p) => p.input['not-required'],
    form: (r) => ({ criteria: '', rest: JSON.stringify([r['line-of-business'], r.studies]) }),
    leaves: (r) => r['line-of-business'] ?? [],
    studies: (r) => r.studies ?? [],
  };
  return {
    from: about(from),
    to: about(to),
    governs: sides([...from.governs], [...to.governs]),
    changes: [
      ...changesOf(exemptions, from, to, on),
      ...changesOf(exclusions, from, to, on),
      ...changesOf(indications, from, to, on),
    ],
  };
}
