import { type Day, parseDate } from '../dates/day.ts';
import type { CompiledPath, CompiledPolicy, Expr, Meta } from './compiled-policy.ts';
import type { FactCatalog, Region } from './fact-source.ts';
import type { PlaceInput, SectionInput } from './schema.ts';
import { atomInFull, atomQuestion } from './words.ts';

/** A study that a passage names, with the condition under which it does. */
interface OutlineStudy {
  readonly code: string;
  readonly when?: OutlineNode;
}

/** What a node is to the passage above it, when it is not simply one of its criteria. */
export type OutlineRole = 'about' | 'on-file' | 'required' | 'unless' | 'closed-by';

/** What a role means, to be put before the node's own words. */
export const ROLE_WORDS: Readonly<Record<OutlineRole, string>> = {
  about: 'about',
  'on-file': 'only when on file',
  required: 'always needed',
  unless: 'unless',
  'closed-by': 'ruled out when documented as absent',
};

/** One part of a policy as people read it: a section, an indication, or a criterion, in the order of the source. */
export interface OutlineNode {
  readonly kind: 'section' | 'indication' | 'exclusion' | 'exemption' | 'group' | 'criterion';
  readonly role?: OutlineRole;
  readonly id?: string;
  /** our words; empty for a group that the policy does not name */
  readonly label: string;
  /** of a criterion with a label of its own: what it states, in the words of the vocabulary */
  readonly says?: string;
  readonly cite?: string;
  readonly note?: string;
  /** in force on service dates from this day */
  readonly from?: Day;
  /** no longer in force from this day */
  readonly until?: Day;
  /** of a group: "all of", "any of", "at least 2 of", "not" */
  readonly heading?: string;
  /** of a criterion: the fact that it looks at, by its name in the vocabulary */
  readonly fact?: string;
  /** of a criterion: the neutral question that settles it */
  readonly question?: string;
  /** a red flag that is always looked at */
  readonly screen?: boolean;
  /** regions of an indication that is written once for several */
  readonly regions?: readonly (Region | 'any')[];
  readonly studies?: readonly OutlineStudy[];
  readonly children: readonly OutlineNode[];
}

/** A policy as a document. */
export interface Outline {
  readonly exemptions: readonly OutlineNode[];
  readonly exclusions: readonly OutlineNode[];
  readonly indications: readonly OutlineNode[];
  /** passages that carry no criterion, with the reason */
  readonly notEncoded: readonly { readonly cite: string; readonly why: string }[];
}

const isSection = (place: PlaceInput): place is SectionInput => 'paths' in place;

/** The path of a passage below a section that takes a member over from it. */
function inheriting(place: PlaceInput, member: 'entry' | 'about', top = true): string | undefined {
  if (!top && place[member] !== undefined) return undefined;
  if (!isSection(place)) return place.id;
  for (const child of place.paths) {
    const found = inheriting(child, member, false);
    if (found !== undefined) return found;
  }
  return undefined;
}

const period = (node: Pick<Meta, 'from' | 'until'>): Pick<OutlineNode, 'from' | 'until'> => ({
  ...(node.from !== undefined && { from: node.from }),
  ...(node.until !== undefined && { until: node.until }),
});

/** When a passage itself is in force, as its file says. */
const periodOf = (place: PlaceInput): Pick<OutlineNode, 'from' | 'until'> => {
  const [from, until] = [parseDate(place.from), parseDate(place.until)];
  return period({ from: from?.lo, until: until?.lo });
};

class Outliner {
  readonly #policy: CompiledPolicy;
  readonly #catalog: FactCatalog;
  /** the copies of a path, one for each of its regions */
  readonly #copies: ReadonlyMap<string, readonly CompiledPath[]>;
  /** the region of the passage that is being told; leaves say theirs when it is another */
  #region: Region | 'any' = 'any';

  constructor(policy: CompiledPolicy, catalog: FactCatalog) {
    this.#policy = policy;
    this.#catalog = catalog;
    this.#copies = Map.groupBy(policy.paths, (p) => p.id.replace(/@(cervical|thoracic|lumbar|pelvis|any)$/, ''));
  }

  outline(): Outline {
    const { input, exclusions } = this.#policy;
    return {
      exemptions: input['not-required'].map((rule) => ({
        kind: 'exemption',
        id: rule.id,
        label: rule.label,
        cite: rule.cite,
        ...(rule.note !== undefined && { note: rule.note }),
        ...(rule.studies !== undefined && { studies: rule.studies.map((code) => ({ code })) }),
        children: [],
      })),
      exclusions: [...Map.groupBy(exclusions, (e) => e.id.replace(/@\w+$/, '')).values()].flatMap((copies) => {
        const [one] = copies;
        return one === undefined ? [] : [this.#exclusion(one, copies.length)];
      }),
      indications: input.indications.map((place) => this.#place(place)),
      notEncoded: input['not-encoded'],
    };
  }

  #exclusion(exclusion: CompiledPolicy['exclusions'][number], copies: number): OutlineNode {
    const { id, label, cite, note, studies, criteria, unless } = exclusion;
    this.#region = exclusion.region;
    return {
      kind: 'exclusion',
      id: copies > 1 ? id.replace(/@\w+$/, '') : id,
      label,
      cite,
      ...(note !== undefined && { note }),
      ...period(exclusion),
      ...(studies !== undefined && { studies: studies.map((code) => ({ code })) }),
      children: [
        ...this.#parts(criteria),
        ...(unless === undefined ? [] : [{ ...this.#node(unless), role: 'unless' as const }]),
      ],
    };
  }

  #place(place: PlaceInput): OutlineNode {
    const { id, label, cite, note } = place;
    const members = {
      id,
      label,
      ...(cite !== undefined && { cite }),
      ...(note !== undefined && { note }),
      ...(place.screen === true && { screen: true }),
    };
    this.#region = this.#below(place)?.region ?? 'any';
    const demands = this.#demands(place);
    if (isSection(place))
      return {
        kind: 'section',
        ...members,
        ...periodOf(place),
        children: [...demands, ...place.paths.map((child) => this.#place(child))],
      };
    const copies = this.#copies.get(id) ?? [];
    const [path] = copies;
    if (path === undefined) return { kind: 'indication', ...members, children: demands };
    return {
      kind: 'indication',
      ...members,
      cite: path.cite,
      ...periodOf(place),
      ...(copies.length > 1 && { regions: copies.map((c) => c.region) }),
      studies: copies.flatMap((c) =>
        c.studies.map(({ code, when }) => ({ code, ...(when !== undefined && { when: this.#node(when) }) })),
      ),
      children: [...demands, ...(path.own === undefined ? [] : this.#parts(path.own))],
    };
  }

  #below(place: PlaceInput): CompiledPath | undefined {
    if (!isSection(place)) return this.#copies.get(place.id)?.[0];
    for (const child of place.paths) {
      const found = this.#below(child);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What a passage is about, what it requires, and what closes it, as far as it says so itself. */
  #demands(place: PlaceInput): readonly OutlineNode[] {
    const member = (key: 'entry' | 'about'): CompiledPath | undefined => {
      const id = place[key] === undefined ? undefined : inheriting(place, key);
      return id === undefined ? undefined : this.#copies.get(id)?.[0];
    };
    const entry = member('entry')?.entry;
    const about = member('about')?.about;
    const below = this.#below(place);
    const required = (below?.requires ?? []).filter((r) => r.section.id === place.id);
    const closing = place['closed-by']?.length ?? 0;
    const before = this.#closingAbove(place.id, this.#policy.input.indications) ?? 0;
    const closedBy = (below?.closedBy ?? []).slice(before, before + closing);
    const as = (role: OutlineRole, expr: Expr): OutlineNode => ({ ...this.#node(expr), role });
    return [
      ...(entry === undefined ? [] : [as('about', entry)]),
      ...(about === undefined ? [] : [as('on-file', about)]),
      ...required.map((r) => as('required', r.criteria)),
      ...closedBy.map((c) => as('closed-by', c)),
    ];
  }

  /** How many closing criteria a passage takes over from its sections. */
  #closingAbove(id: string, places: readonly PlaceInput[], above = 0): number | undefined {
    for (const place of places) {
      if (place.id === id) return above;
      if (!isSection(place)) continue;
      const found = this.#closingAbove(id, place.paths, above + (place['closed-by']?.length ?? 0));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The operands of an unnamed conjunction, or the one criterion. */
  #parts(expr: Expr): readonly OutlineNode[] {
    if (expr.op === 'all' && expr.label === undefined && expr.note === undefined && expr.from === undefined)
      return expr.children.map((c) => this.#node(c));
    return [this.#node(expr)];
  }

  #node(expr: Expr): OutlineNode {
    const meta = {
      ...(expr.id !== undefined && { id: expr.id }),
      ...(expr.cite !== undefined && { cite: expr.cite }),
      ...(expr.note !== undefined && { note: expr.note }),
      ...period(expr),
    };
    if (expr.op === 'atom') {
      const atom = this.#policy.atoms[expr.atom];
      if (atom === undefined) throw new RangeError(`no atom ${expr.atom}`);
      const fact = atom.kind === 'schedule' ? atom.last.fact : 'query' in atom ? atom.query.fact : undefined;
      return {
        kind: 'criterion',
        ...meta,
        label: expr.label ?? atomInFull(atom, this.#catalog, this.#region),
        ...(expr.label !== undefined && { says: atomInFull(atom, this.#catalog, this.#region) }),
        ...(fact !== undefined && { fact }),
        ...(atom.kind !== 'age' && { question: atomQuestion(atom, this.#catalog) }),
        children: [],
      };
    }
    if (expr.op === 'review')
      return {
        kind: 'criterion',
        ...meta,
        label: expr.label ?? expr.what,
        heading: 'left to a reviewer',
        children: [],
      };
    if (expr.op === 'any-indication')
      return {
        kind: 'criterion',
        ...meta,
        label: expr.label ?? 'any other indication of this policy',
        children: [],
      };
    if (expr.op === 'closable') return { ...this.#node(expr.child), ...meta };
    if (expr.op === 'not') {
      const onFile = this.#onFile(expr.child);
      if (onFile !== undefined) return { ...this.#node(expr.child), ...meta, label: expr.label ?? onFile };
      return { kind: 'group', ...meta, label: expr.label ?? '', heading: 'not', children: [this.#node(expr.child)] };
    }
    return this.#group(expr, meta);
  }

  /** "Not absent" reads as "on file". */
  #onFile(expr: Expr): string | undefined {
    const atom = expr.op === 'atom' && expr.label === undefined ? this.#policy.atoms[expr.atom] : undefined;
    if (atom?.kind !== 'absent') return undefined;
    return `on file: ${atomInFull({ ...atom, kind: 'fact' }, this.#catalog, this.#region)}`;
  }

  /** A group; one around a single other group is told as that group under its own name. */
  #group(
    expr: Extract<Expr, { op: 'all' | 'any' | 'at-least' }>,
    meta: Pick<OutlineNode, 'id' | 'cite' | 'note' | 'from' | 'until'>,
  ): OutlineNode {
    const [only, second] = expr.children;
    if (only !== undefined && second === undefined) {
      const inner = this.#node(only);
      const label = expr.label ?? inner.label;
      if (expr.label === undefined || inner.kind !== 'criterion' || inner.label === expr.label)
        return { ...inner, ...meta, label };
      return { kind: 'group', ...meta, label, heading: 'that is', children: [inner] };
    }
    const heading = expr.op === 'at-least' ? `at least ${expr.n} of` : expr.op === 'all' ? 'all of' : 'any of';
    return {
      kind: 'group',
      ...meta,
      label: expr.label ?? '',
      heading,
      children: expr.children.map((c) => this.#node(c)),
    };
  }
}

/** Tells a policy as a document: its sections, indications and criteria in words, in the order of the source. */
export const outline = (policy: CompiledPolicy, catalog: FactCatalog): Outline =>
  new Outliner(policy, catalog).outline();

/** Every node of an outline, each with those above it, in the order of the document. */
export function* outlineNodes(
  nodes: readonly OutlineNode[],
  above: readonly OutlineNode[] = [],
): Generator<readonly [OutlineNode, readonly OutlineNode[]]> {
  for (const node of nodes) {
    yield [node, above];
    yield* outlineNodes(node.children, [...above, node]);
  }
}
