import type { Interval } from '../dates/day.ts';
import type { Asked, FactContext } from './context.ts';
import { recordsOf } from './records-of.ts';
import type { FactInput } from './schema.ts';
import type { Tally } from './tally.ts';
import { fitIn } from './window.ts';

/** Orders, documents and findings that only help to answer. */
export function readLeads({ leads = {} }: FactInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const { orders = [], documents = [], findings = [] } = leads;
  const isKnown = (when: Interval | undefined): boolean => fitIn(when, { asOf: asked.window.asOf }) !== 'future';
  const lead = (ref: string, date: Interval | undefined, label: string): void =>
    tally.lead({ ref, date, basis: 'chart' }, label);
  for (const { record } of recordsOf('order', orders, ctx))
    if (isKnown(record.when)) lead(record.ref, record.when, 'ordered');
  for (const { record } of recordsOf('lead', documents, ctx))
    if (isKnown(record.when)) lead(record.ref, record.when, `${record.resource} on file`);
  for (const { record } of recordsOf('condition', findings, ctx)) {
    const when = record.onset ?? record.recorded;
    if (record.verification === 'refuted' || !isKnown(when)) continue;
    tally.related = true;
    lead(record.ref, when, 'a related finding');
  }
}
