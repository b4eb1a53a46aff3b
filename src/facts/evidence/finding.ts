import type { Asked, FactContext } from '../context.ts';
import type { FindingInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { Entries, statedOn } from './earlier-entry.ts';
import { Endings } from './endings.ts';
import { readEntry, readHistory, tellSuspected } from './finding-entry.ts';
import { readRecord, readYesOrNo } from './finding-record.ts';
import { isExcepted, type Search, suspects } from './finding-search.ts';
import { Refutations, settle } from './refutations.ts';

/**
 * Conditions, order reasons, coded observations, coded conclusions and visit reasons that state a finding, or that it is
 * ruled out. A refutation defeats earlier entries of the same code only, and leaves open those that a code of another system includes.
 */
export function findingEvidence(input: FindingInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const search = startSearch(input, asked, ctx, tally);
  readAll(search);
  if (asked.query.certainty === 'history') readHistory(search);
  const refutations = new Refutations(search.negative, ctx.vocabulary.codes);
  const suspicions = search.suspicions.filter((s) => refutations.leaves(s));
  if (suspects(input)) for (const { record } of suspicions) tally.suspectedOn(statedOn(record));
  if (input['open-if-suspected'])
    for (const s of search.suspicions) tellSuspected(s.record, s.item, tally, suspicions.includes(s));
  settle(search, refutations, suspicions.length > 0);
  for (const set of (input.observed ?? []).map((name) => ctx.set(name)))
    for (const record of ctx.chart.bySet(set))
      if (record.type === 'observation' && record.hits.some((h) => h.set === set)) readYesOrNo(record, set, search);
}

function startSearch(input: FindingInput, asked: Asked, ctx: FactContext, tally: Tally): Search {
  const sets = (input.codes ?? []).map((name) => ctx.set(name));
  return {
    input,
    sets,
    asked,
    ctx,
    tally,
    entries: new Entries(sets, asked, ctx),
    endings: new Endings(input, sets, asked, ctx),
    positive: [],
    negative: [],
    absent: [],
    suspicions: [],
    doubtful: [],
  };
}

/** Reads each record of the code sets once. The reasons of an order are records of their own, although they have its reference. */
function readAll(search: Search): void {
  for (const record of new Set(search.sets.flatMap((set) => search.ctx.chart.bySet(set)))) {
    if (record.type !== 'condition') readRecord(record, search);
    else if (!isExcepted(search, record.hits, record.site)) readEntry(record, search);
  }
}
