import type { Section } from '../../chart/sections.ts';
import { type FactContext, hasUnseen } from '../context.ts';
import type { Item, Tally } from '../tally.ts';

/** Speaks against as the last of its kind, unless a later one may be in a part of the section that was not seen. */
export function contraAsLast(item: Item, reason: string, section: Section, ctx: FactContext, tally: Tally): void {
  if (hasUnseen(ctx, section)) tally.undecidedBy(item, section);
  else tally.contra(item, reason);
}
