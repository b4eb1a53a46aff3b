import type { CompiledExclusion, CompiledPath, CompiledPolicy, Expr } from '../../src/policy/compiled-policy.ts';

/** Numbers structures: equal structures have one number, whichever policy they belong to. Places and words do not matter. */
export class Structures {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<Expr, number>();

  #number(structure: string): number {
    const known = this.#numbers.get(structure);
    if (known !== undefined) return known;
    this.#numbers.set(structure, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  #expr(expr: Expr, policy: CompiledPolicy): number {
    const known = this.#known.get(expr);
    if (known !== undefined) return known;
    const one = (e: Expr): number => this.#expr(e, policy);
    const inside = ((): string => {
      switch (expr.op) {
        case 'atom':
          return JSON.stringify(policy.atoms[expr.atom]);
        case 'review':
          return expr.what;
        case 'any-indication':
          return `${expr.except.join()} ${expr.region}`;
        case 'not':
          return String(one(expr.child));
        case 'closable':
          return `${one(expr.child)} ${expr.closedBy.map(one).join()}`;
        case 'at-least':
          return `${expr.n} ${expr.children.map(one).join()}`;
        default:
          return expr.children.map(one).join();
      }
    })();
    const number = this.#number(`${expr.op} ${expr.from ?? ''} ${expr.until ?? ''} ${inside}`);
    this.#known.set(expr, number);
    return number;
  }

  /** The structure of a path without what it is called and which studies it names. */
  path(path: CompiledPath, policy: CompiledPolicy): number {
    const one = (e: Expr | undefined): string => (e === undefined ? '' : String(this.#expr(e, policy)));
    const { entry, strictEntry, about, criteria, own, closedBy, region, inForce, onlyOrdered, ownStudiesOnly } = path;
    return this.#number(
      JSON.stringify([
        ...[entry, strictEntry, about, criteria, own].map(one),
        closedBy.map(one),
        region,
        inForce,
        onlyOrdered,
        ownStudiesOnly,
      ]),
    );
  }

  /** What a path is for, beside its criteria. */
  role(path: CompiledPath, policy: CompiledPolicy): number {
    const studies = path.studies.map((s) => [s.code, s.when === undefined ? '' : this.#expr(s.when, policy)]);
    return this.#number(JSON.stringify([studies, path.screen, path.redFlag]));
  }

  /** Everything else that decides: exclusions, exemptions, what is governed. */
  rest(policy: CompiledPolicy): number {
    const one = (e: Expr | undefined): string => (e === undefined ? '' : String(this.#expr(e, policy)));
    const exclusion = (e: CompiledExclusion): unknown => [
      e.id,
      one(e.criteria),
      one(e.unless),
      e.studies,
      e.ifUnknown,
      e.region,
      e.onlyOrdered,
      e.from,
      e.until,
    ];
    return this.#number(
      JSON.stringify([
        policy.exclusions.map(exclusion),
        policy.input['not-required'],
        policy.input.governs,
        policy.governsWhen.map((g) => [g.studies, one(g.criteria)]),
      ]),
    );
  }
}
