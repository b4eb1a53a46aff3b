import type { Atom, CompiledPolicy, Expr } from './compiled-policy.ts';
import type { Evidence, FactSource, FactValue, Region } from './fact-source.ts';
import type { Truth } from './truth.ts';
import type { Truths } from './truths.ts';

/** What the leaves of an expression are read as. */
export interface Reading {
  atom(index: number): Truth;
  readonly review: Truth;
  anyIndication(except: readonly string[], region: Region | 'any'): Truth;
  /** what is known already, where the chart is silent beforehand; kept by readings that serve many expressions */
  readonly known: Truths | undefined;
}

/** The expressions of one policy as one chart has them. */
export interface Evaluated {
  readonly policy: CompiledPolicy;
  readonly source: FactSource;
  /** The leaf itself. */
  atom(index: number): Atom;
  /** The value of a leaf. */
  value(index: number): FactValue;
  /** The operands of a node that are in force. */
  children(expr: Expr): readonly Expr[];
  /** The truth of an expression, by default as the chart has it. */
  truth(expr: Expr, reading?: Reading): Truth;
  /** Evidence that makes a true expression true, or a false one false. */
  evidence(expr: Expr, wanted?: 'true' | 'false'): readonly Evidence[];
  /** Does a node rest on facts alone, and is the chart silent on all of them? */
  isSilent(node: number): boolean;
  /** Is a passage open by a leaf of some kind? */
  isOpenBy(expr: Expr, isOfKind: (value: FactValue, atom: Atom) => boolean): boolean;
  /** May what was not retrieved make a passage true? */
  mayBeShown(expr: Expr): boolean;
}
