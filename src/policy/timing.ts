import type { Day } from '../dates/day.ts';
import type { Expr } from './compiled-policy.ts';
import type { Evaluated } from './evaluated.ts';
import type { Region } from './fact-source.ts';
import { not, type Truth } from './truth.ts';

/** A truth with the days on which the passing of time alone would change it. */
export interface Timed {
  readonly truth: Truth;
  /** first day on which it becomes true */
  readonly from: Day | undefined;
  /** last day on which it stays true */
  readonly until: Day | undefined;
}

/** The last day on which one of the other indications of a region stays true; undefined when it does not end. */
export type UntilOfAny = (except: readonly string[], region: Region | 'any') => Day | undefined;

/** Time changes nothing. */
const lasting = (truth: Truth): Timed => ({ truth, from: undefined, until: undefined });

/** When the passing of time alone changes the truths of one evaluation. */
export class Timing {
  readonly #ev: Evaluated;
  readonly #untilOfAny: UntilOfAny;
  readonly #known: (Timed | undefined)[];

  constructor(evaluation: Evaluated, untilOfAny: UntilOfAny) {
    this.#ev = evaluation;
    this.#untilOfAny = untilOfAny;
    this.#known = new Array(evaluation.policy.nodes.length);
  }

  /** The truth and the days on which time alone changes it, the chart staying as it is. */
  of(expr: Expr): Timed {
    const known = this.#known[expr.index];
    if (known !== undefined) return known;
    const timed = this.#timing(expr);
    this.#known[expr.index] = timed;
    return timed;
  }

  #timing(expr: Expr): Timed {
    if (this.#ev.isSilent(expr.index)) return lasting(this.#ev.truth(expr));
    switch (expr.op) {
      case 'atom': {
        const { truth, from, until } = this.#ev.value(expr.atom);
        return { truth, from, until };
      }
      case 'not': {
        const child = this.of(expr.child);
        const ends = child.truth === 'true' && child.until !== undefined && this.#endsInNo(expr.child);
        return {
          truth: not(child.truth),
          from: ends && child.until !== undefined ? child.until + 1 : undefined,
          until: child.truth === 'false' && child.from !== undefined ? child.from - 1 : undefined,
        };
      }
      case 'all':
        return this.#timedAtLeast(expr, this.#ev.children(expr).length);
      case 'any':
        return this.#timedAtLeast(expr, 1);
      case 'closable': {
        const truth = this.#ev.truth(expr);
        return truth === this.#ev.truth(expr.child) ? this.of(expr.child) : lasting(truth);
      }
      case 'at-least':
        return this.#timedAtLeast(expr, expr.n);
      case 'any-indication': {
        const truth = this.#ev.truth(expr);
        return truth === 'true'
          ? { ...lasting(truth), until: this.#untilOfAny(expr.except, expr.region) }
          : lasting(truth);
      }
      default:
        return lasting(this.#ev.truth(expr));
    }
  }

  /** Is what ends by time alone a no then? Of what is too old to count nothing is on file any more: that is silence, and no documented no. */
  #endsInNo(expr: Expr): boolean {
    if (expr.op !== 'atom') return this.#ev.children(expr).every((child) => this.#endsInNo(child));
    const atom = this.#ev.policy.atoms[expr.atom];
    return atom?.kind !== 'fact' || atom.query.begun !== undefined;
  }

  #timedAtLeast(expr: Expr, n: number): Timed {
    const children = this.#ev.children(expr);
    const truth = this.#ev.truth(expr);
    const ends: number[] = [];
    const starts: number[] = [];
    for (const child of children) {
      if (this.#ev.truth(child) === 'true') {
        ends.push(this.of(child).until ?? Number.POSITIVE_INFINITY);
        continue;
      }
      const { from } = this.of(child);
      if (from !== undefined) starts.push(from);
      // all of them are needed, and time does not change this one
      else if (truth !== 'true' && n === children.length) return lasting(truth);
    }
    if (truth === 'true') {
      const until = n === 0 ? undefined : ends.sort((a, b) => b - a)[n - 1];
      return { truth, from: undefined, until: until === Number.POSITIVE_INFINITY ? undefined : until };
    }
    const from = starts.sort((a, b) => a - b)[n - ends.length - 1];
    const waits = from !== undefined && ends.every((until) => until >= from);
    return { truth, from: waits ? from : undefined, until: undefined };
  }
}
