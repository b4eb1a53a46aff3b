import type { Chart } from '../chart/chart.ts';
import type { Dropped } from '../chart/sifting.ts';
import { setsOf } from './sets-of.ts';
import { references, type Vocabulary } from './vocabulary.ts';

/** A fact and the facts that it is made of. */
export function* partsOf(id: string, vocabulary: Vocabulary, seen: Set<string> = new Set()): Generator<string> {
  const fact = vocabulary.facts.get(id);
  if (fact === undefined || seen.has(id)) return;
  seen.add(id);
  yield id;
  for (const part of references(id, fact)) yield* partsOf(part.fact, vocabulary, seen);
}

/**
 * Resources that a fact would have looked at, had they not been left out before any fact was derived: of another patient,
 * entered in error, cancelled. By their codes, or by their type where the fact looks at more than coded records.
 */
export function droppedFor(fact: string, chart: Chart, vocabulary: Vocabulary): readonly Dropped[] {
  const parts = [...partsOf(fact, vocabulary)].map((id) => vocabulary.plan(id));
  const sets = new Set(
    parts.flatMap((p) =>
      setsOf({ evidence: p.fact.evidence, leads: p.fact.leads }).map((s) => vocabulary.codes.number(s.set)),
    ),
  );
  const types = new Set<string>(parts.flatMap((p) => (p.beside.length > 0 ? p.sections : [])));
  return chart.dropped.filter((d) => d.hits.some((hit) => sets.has(hit.set)) || types.has(d.ref.split('/')[0] ?? ''));
}
