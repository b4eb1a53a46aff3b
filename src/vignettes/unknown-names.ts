import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { Vocabulary } from '../facts/vocabulary.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { REGIONS } from '../policy/fact-source.ts';
import { nearText } from '../yaml/nearest-names.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import type { VignettesInput } from './schema.ts';

/** What is asked for without being a fact of the vocabulary. */
const ASKED_TOO: readonly string[] = ['birth-date'];
const CERTAINTY = /\.(suspected|history)$/;

/** Everything that an assessment under a text can name as satisfied. */
const criteriaOf = (policy: CompiledPolicy): readonly string[] => [
  ...policy.paths.map((p) => p.id),
  ...policy.exclusions.map((e) => e.id),
  ...policy.input['not-required'].map((n) => n.id),
];

const isAsked = (name: string, vocabulary: Vocabulary): boolean =>
  ASKED_TOO.includes(name) || vocabulary.facts.has(name.replace(CERTAINTY, ''));

/** The criteria that a name without its region may mean. */
const withRegion = (name: string, known: ReadonlySet<string>): readonly string[] =>
  REGIONS.map((region) => `${name}@${region}`).filter((id) => known.has(id));

/**
 * The names in a file of vignettes that do not exist: an answer to an unknown fact says nothing, and what is not to be asked or not
 * to be satisfied never is, where its name is misspelt. A file about a policy that is not there is not looked at.
 * @returns one line each: file:line:column and what is wrong
 */
export function unknownNames(file: LoadedFile<VignettesInput>, { vocabulary, policies }: Knowledge): readonly string[] {
  const { policy, vignettes } = file.data;
  const texts = policies.policies.filter((p) => p.id === policy);
  if (texts.length === 0) return [];
  const criteria = new Set(texts.flatMap(criteriaOf));
  return vignettes.flatMap(({ id, chart, expect }, i) => {
    const at = (path: readonly (string | number)[], message: string): string =>
      `${file.locate(['vignettes', i, ...path])} ${id}: ${message}`;
    const facts = (member: 'asks' | 'not-asks'): readonly string[] =>
      (expect[member] ?? []).flatMap((name, n) =>
        isAsked(name, vocabulary)
          ? []
          : [
              at(
                ['expect', member, n],
                `there is no fact "${name}" in policies/facts${nearText(name, vocabulary.names())}`,
              ),
            ],
      );
    const passages = (member: 'criteria' | 'unmet'): readonly string[] =>
      (expect[member] ?? []).flatMap((name, n) => {
        if (criteria.has(name)) return [];
        const meant = withRegion(name, criteria);
        const hint = meant.length === 0 ? nearText(name, criteria) : `; it has ${meant.join(', ')}`;
        return [at(['expect', member, n], `${policy} has no criterion "${name}"${hint}`)];
      });
    const answers = (chart ?? []).flatMap((item, n) =>
      !('answer' in item) || isAsked(item.answer, vocabulary)
        ? []
        : [
            at(
              ['chart', n, 'answer'],
              `there is no fact "${item.answer}" in policies/facts${nearText(item.answer, vocabulary.names())}`,
            ),
          ],
    );
    return [...answers, ...facts('asks'), ...facts('not-asks'), ...passages('criteria'), ...passages('unmet')];
  });
}
