import type { CodeSetsInput } from '../terminology/code-set.ts';
import { codeProblem } from '../terminology/code-shape.ts';
import { error, type Finding } from '../yaml/finding.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import type { BlockInput, FactInput, FactsInput } from './schema.ts';
import { episodeSets, setsOf } from './sets-of.ts';
import { references, type Vocabulary } from './vocabulary.ts';

type Path = readonly (string | number)[];

/** Where facts and code sets are needed from, beside the vocabulary itself. */
export interface Needed {
  /** facts that policies, or the program itself, ask for */
  readonly facts: ReadonlySet<string>;
  /** code sets that the program itself reads charts with */
  readonly sets: readonly string[];
}

/** A set that says yes and no in one block of evidence: `[yes, no]` members. */
const OPPOSED: readonly (readonly [string, string])[] = [
  ['shows', 'denies'],
  ['shows', 'lacks'],
  ['codes', 'without'],
  ['safety', 'cleared-by'],
];

/** The facts that are needed, and all that they are made of. */
function closure(needed: Needed, vocabulary: Vocabulary): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    const fact = vocabulary.facts.get(id);
    if (fact === undefined || found.has(id)) return;
    found.add(id);
    for (const part of references(id, fact)) visit(part.fact);
  };
  for (const id of needed.facts) visit(id);
  for (const query of vocabulary.urgent) visit(query.fact);
  return found;
}

/** Sets that one block names both for and against. */
function opposed(id: string, fact: FactInput, file: LoadedFile<unknown>): readonly Finding[] {
  return fact.evidence.flatMap((block: BlockInput, i) =>
    Object.entries(block).flatMap(([kind, members]) =>
      OPPOSED.flatMap(([yes, no]) => {
        const { [yes]: pro, [no]: contra } = members as Readonly<Record<string, readonly string[] | undefined>>;
        return (contra ?? []).flatMap((set, j) => {
          if (pro?.includes(set) !== true) return [];
          const at: Path = ['facts', id, 'evidence', i, kind, no, j];
          return [error(file.locate(at), `facts.${id}: "${set}" stands under ${yes} and under ${no}`)];
        });
      }),
    ),
  );
}

/** Codes of draft orders that have a wrong form. */
function orders(id: string, fact: FactInput, file: LoadedFile<unknown>): readonly Finding[] {
  return Object.entries(fact.order ?? {}).flatMap(([region, { system, code }]) => {
    const problem = codeProblem(system, code);
    return problem === undefined ? [] : [error(file.locate(['facts', id, 'order', region]), `facts.${id}: ${problem}`)];
  });
}

/** Findings in the vocabulary: facts and code sets that nothing uses, questions asked twice, evidence that contradicts itself. */
export function lintVocabulary(
  files: readonly LoadedFile<FactsInput>[],
  codes: readonly LoadedFile<CodeSetsInput>[],
  vocabulary: Vocabulary,
  needed: Needed,
): readonly Finding[] {
  const used = closure(needed, vocabulary);
  const words = new Map<string, string>();
  const findings = files.flatMap((file) =>
    Object.entries(file.data.facts).flatMap(([id, fact]) => {
      const at = file.locate(['facts', id]);
      const same = (['label', 'ask'] as const).flatMap((member) => {
        const key = `${member} ${fact[member].toLowerCase()}`;
        const other = words.get(key);
        words.set(key, id);
        if (other === undefined) return [];
        return [error(file.locate(['facts', id, member]), `facts.${id}.${member}: the same as that of "${other}"`)];
      });
      return [
        ...(used.has(id) ? [] : [error(at, `facts.${id}: no policy uses this fact`)]),
        ...same,
        ...opposed(id, fact, file),
        ...orders(id, fact, file),
      ];
    }),
  );
  const named = [...vocabulary.facts].flatMap(([id, fact]) =>
    used.has(id) ? setsOf({ evidence: fact.evidence, leads: fact.leads }).map((s) => s.set) : [],
  );
  const sets = new Set<string>();
  const inputs = new Map(codes.flatMap((file) => Object.entries(file.data['code-sets'])));
  const take = (set: string): void => {
    if (sets.has(set)) return;
    sets.add(set);
    for (const included of inputs.get(set)?.include ?? []) take(included);
  };
  for (const set of [...named, ...episodeSets(vocabulary.episode).map(({ set }) => set), ...needed.sets]) take(set);
  const unused = codes.flatMap((file) =>
    Object.keys(file.data['code-sets']).flatMap((id) =>
      sets.has(id) ? [] : [error(file.locate(['code-sets', id]), `code-sets.${id}: no fact uses this set`)],
    ),
  );
  return [...findings, ...unused];
}
