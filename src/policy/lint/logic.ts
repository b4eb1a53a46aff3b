import { error, type Finding } from '../../yaml/finding.ts';
import type { CompiledPolicy, Expr } from '../compiled-policy.ts';
import type { FactCatalog } from '../fact-source.ts';
import { atomLabel } from '../words.ts';
import { contradict, exhaust } from './contradiction.ts';
import { keyOf, type Literal, type Normal, normalForm } from './normal-form.ts';

/** Looks for criteria that can never hold, always hold, or say the same thing twice. */
class LogicLint {
  readonly #policy: CompiledPolicy;
  readonly #catalog: FactCatalog;
  readonly #found = new Map<string, Finding>();

  constructor(policy: CompiledPolicy, catalog: FactCatalog) {
    this.#policy = policy;
    this.#catalog = catalog;
  }

  findings(): readonly Finding[] {
    for (const path of this.#policy.paths) {
      const plain = path.id.split('@')[0] ?? path.id;
      this.#possible(normalForm(path.whole), [], plain);
      const parts = [path.entry, path.about, path.own, ...path.requires.map((r) => r.criteria), ...path.closedBy];
      for (const expr of [...parts, ...path.studies.map((s) => s.when)])
        if (expr !== undefined) this.#shape(normalForm(expr));
    }
    for (const exclusion of this.#policy.exclusions) {
      const id = exclusion.id.split('@')[0] ?? exclusion.id;
      for (const expr of [exclusion.criteria, exclusion.unless]) {
        if (expr === undefined) continue;
        this.#possible(normalForm(expr), [], id);
        this.#shape(normalForm(expr));
      }
    }
    for (const { criteria } of this.#policy.governsWhen) {
      this.#possible(normalForm(criteria), [], 'governs-when');
      this.#shape(normalForm(criteria));
    }
    return [...this.#found.values()];
  }

  #say(where: string, message: string): void {
    this.#found.set(`${where} ${message}`, error(where, message));
  }

  #label(n: Normal): string {
    if (n.op !== 'leaf') return n.expr.label ?? n.op;
    const atom = this.#policy.atoms[n.atom];
    const label = n.expr.label ?? (atom === undefined ? '' : atomLabel(atom, this.#catalog));
    return n.positive ? `"${label}"` : `"not: ${label}"`;
  }

  /** Leaves that have to hold for a criterion to hold. */
  #needed(n: Normal): readonly Literal[] {
    if (n.op === 'leaf') return [n];
    return n.op === 'all' ? n.children.flatMap((c) => this.#needed(c)) : [];
  }

  /** Can a criterion hold where some leaves hold already? What cannot is told once, at the innermost place. */
  #possible(n: Normal, given: readonly Literal[], path: string): boolean {
    if (n.op === 'open') return true;
    if (n.op === 'leaf' || n.op === 'all') {
      const needed = this.#needed(n);
      const known = [...given];
      for (const leaf of needed) {
        const against = known.find((k) => contradict(this.#policy, k, leaf));
        if (against !== undefined) {
          this.#say(
            leaf.expr.where,
            `${path}: ${this.#label(leaf)} never holds here, because of ${this.#label(against)} at ${place(against.expr)}`,
          );
          return false;
        }
        known.push(leaf);
      }
      return n.op === 'leaf' || this.#branches(n).every((c) => this.#possible(c, known, path));
    }
    const possible = n.children.map((c) => this.#possible(c, given, path)).filter(Boolean).length;
    return possible >= (n.op === 'at-least' ? n.n : 1);
  }

  /** The operands of nested `all` nodes that are no leaves. */
  #branches(n: Normal): readonly Normal[] {
    if (n.op !== 'all') return n.op === 'leaf' ? [] : [n];
    return n.children.flatMap((c) => this.#branches(c));
  }

  /** Operands that stand twice under one operator, add nothing, or together always hold. */
  #shape(n: Normal): void {
    if (n.op === 'leaf' || n.op === 'open') return;
    const keys = new Map<string, Normal>();
    for (const child of n.children) {
      const before = keys.get(keyOf(child));
      if (before === undefined) keys.set(keyOf(child), child);
      else if (before.expr.where !== child.expr.where)
        this.#say(child.expr.where, `${this.#label(child)} stands twice under ${n.op}, first at ${place(before.expr)}`);
    }
    if (n.op !== 'at-least') this.#absorbed(n, keys);
    if (n.op === 'any') this.#exhausted(n.children);
    for (const child of n.children) this.#shape(child);
  }

  /** a or (a and b) is a; a and (a or b) is a. */
  #absorbed(n: Extract<Normal, { op: 'all' | 'any' }>, keys: ReadonlyMap<string, Normal>): void {
    for (const child of n.children) {
      if (child.op !== (n.op === 'any' ? 'all' : 'any')) continue;
      const sibling = child.children.map((c) => keys.get(keyOf(c))).find((s) => s !== undefined);
      if (sibling !== undefined)
        this.#say(child.expr.where, `adds nothing to ${this.#label(sibling)} at ${place(sibling.expr)}`);
    }
  }

  #exhausted(children: readonly Normal[]): void {
    const leaves = children.filter((c) => c.op === 'leaf');
    for (const [i, a] of leaves.entries())
      for (const b of leaves.slice(i + 1))
        if (exhaust(this.#policy, a, b))
          this.#say(b.expr.where, `${this.#label(b)} is the negation of ${this.#label(a)} under the same any`);
  }
}

const place = (expr: Expr): string => expr.where.split(':').slice(-2).join(':');

/** Findings in the criteria of a compiled policy. */
export const lintLogic = (policy: CompiledPolicy, catalog: FactCatalog): readonly Finding[] =>
  new LogicLint(policy, catalog).findings();
