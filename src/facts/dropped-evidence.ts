import type { Chart, Dropped } from '../chart/chart.ts';
import { references, setsOf, type Vocabulary } from './vocabulary.ts';

/** The code sets that a fact, and the facts that it is made of, look at. */
function setsOfFact(id: string, vocabulary: Vocabulary, seen: Set<string> = new Set()): readonly string[] {
  const fact = vocabulary.facts.get(id);
  if (fact === undefined || seen.has(id)) return [];
  seen.add(id);
  return [
    ...setsOf({ evidence: fact.evidence, leads: fact.leads }).map((s) => s.set),
    ...references(id, fact).flatMap((part) => setsOfFact(part.fact, vocabulary, seen)),
  ];
}

/** Resources with a code that a fact looks at, left out before any fact was derived: of another patient, entered in error ... */
export function droppedFor(fact: string, chart: Chart, vocabulary: Vocabulary): readonly Dropped[] {
  const sets = new Set(setsOfFact(fact, vocabulary).map((name) => vocabulary.codes.number(name)));
  return chart.dropped.filter((d) => d.hits.some((hit) => sets.has(hit.set)));
}
