import type { StudyCatalog } from '../../policy/studies.ts';
import { SYSTEMS } from '../../terminology/systems.ts';
import type { StudyRow } from './wire.ts';
import { bestMatches } from './word-match.ts';

/** Other words for what a label says, as people type them. */
const SAME: Readonly<Record<string, string>> = {
  mri: 'mr nmr magnetic',
  ct: 'cat tomography',
  cervical: 'c-spine neck',
  thoracic: 't-spine',
  lumbar: 'l-spine lumbosacral low back',
  contrast: 'gadolinium',
};

const withSynonyms = (label: string): string =>
  [
    label,
    ...Object.entries(SAME).flatMap(([word, others]) => (label.toLowerCase().includes(word) ? [others] : [])),
  ].join(' ');

/** Finds studies by code or words: those that policies may govern first, then the others. */
export class StudySearch {
  readonly #studies: readonly { readonly row: StudyRow; readonly words: string; readonly rank: number }[];

  constructor(catalog: StudyCatalog) {
    this.#studies = catalog.studies.map((s, i) => ({
      row: {
        code: s.code,
        label: s.label,
        system: SYSTEMS.cpt[0],
        ...(!s.orderable && { hint: 'no policy here looks at it' }),
      },
      words: withSynonyms(s.label),
      // in the order of the catalogue, which begins with what is ordered most
      rank: s.orderable ? i : i + catalog.studies.length,
    }));
  }

  /** @param words code or words, in any order */
  find(words: string, most: number): readonly StudyRow[] {
    return bestMatches(this.#studies, words, most).map((s) => s.row);
  }
}
