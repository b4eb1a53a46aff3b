import type { Chart } from '../chart/chart.ts';
import type { Considered } from '../policy/fact-source.ts';
import { partsOf } from './dropped-evidence.ts';
import { setsOf } from './sets-of.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Members of evidence that say which records it is, not what they have to show. */
const NAMING = new Set(['codes', 'history', 'observed', 'drugs', 'therapies', 'scores', 'examination', 'undone-by']);

/**
 * Every resource that could be taken for evidence of a fact: it has a code of it, or is a visit where the fact asks for visits.
 * What is not among those that were looked at closer is of another kind than the fact asks for.
 */
export function candidatesFor(fact: string, chart: Chart, vocabulary: Vocabulary): readonly Considered[] {
  const evidence = [...partsOf(fact, vocabulary)].flatMap((id) => vocabulary.facts.get(id)?.evidence ?? []);
  const sets = setsOf(evidence).filter(({ path }) => path.some((step) => NAMING.has(String(step))));
  const coded = [...new Set(sets.map(({ set }) => vocabulary.codes.number(set)))].flatMap((set) => chart.bySet(set));
  const visits = evidence.some((block) => 'visit' in block) ? chart.encounters : [];
  return [...new Set([...coded, ...visits].map((r) => r.ref))].map((reference) => ({
    reference,
    verdict: 'ignored',
    reason: 'of another kind than what is asked for',
  }));
}
