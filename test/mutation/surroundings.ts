import type { Vocabulary } from '../../src/facts/vocabulary.ts';
import type { StudyCatalog } from '../../src/policy/studies.ts';
import type { Surroundings } from './change.ts';
import { neighboursIn } from './study-changes.ts';

/** What mutation needs to know of a vocabulary and its studies. */
export function surroundingsOf(vocabulary: Vocabulary, studies: StudyCatalog, strict: boolean): Surroundings {
  const suspectable = (id: string): boolean => {
    const fact = vocabulary.facts.get(id);
    if (fact === undefined) return false;
    return fact.evidence.some((b) => 'finding' in b) || [...(fact.any ?? []), ...(fact.all ?? [])].some(suspectable);
  };
  return { strict, suspectable, neighbours: neighboursIn(studies) };
}
