import { join } from 'node:path';
import { READING_SETS } from '../chart/reading-sets.ts';
import { lintPayers } from '../coverage/lint-payers.ts';
import { PayersFile } from '../coverage/payers.ts';
import { lintVocabulary } from '../facts/lint-vocabulary.ts';
import { readFactFiles } from '../facts/vocabulary.ts';
import { compilePolicy } from '../policy/compile.ts';
import { type CompiledPolicy, queriesOf } from '../policy/compiled-policy.ts';
import { lintDocument } from '../policy/lint/document.ts';
import { lintLogic } from '../policy/lint/logic.ts';
import { lintRegions } from '../policy/lint/regions.ts';
import { lintTimes } from '../policy/lint/times.ts';
import { policyFiles } from '../policy/policy-set.ts';
import { PolicyFile } from '../policy/schema.ts';
import { StudiesFile } from '../policy/studies.ts';
import { lintCodeSets } from '../terminology/lint-code-sets.ts';
import { lintStudies } from '../terminology/lint-studies.ts';
import { readCodeSetFiles } from '../terminology/load-code-sets.ts';
import { error, type Finding, warning } from '../yaml/finding.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { type Knowledge, loadKnowledge } from './knowledge.ts';
import { OUTCOME_SETS, PROGRAM_FACTS } from './program-facts.ts';

const factsOf = (policy: CompiledPolicy): readonly string[] =>
  policy.atoms.flatMap(queriesOf).flatMap((q) => (typeof q.since === 'object' ? [q.fact, q.since.fact] : [q.fact]));

/** Texts that nobody's orders are checked against, and texts that hide each other. */
function lintTexts(folder: string, { policies, payers }: Knowledge): readonly Finding[] {
  const routed = new Set(payers.payers.flatMap((p) => p.policies.map((r) => r.policy)));
  const seen = new Map<string, string>();
  return policies.policies.flatMap((p) => {
    const where = `${join(folder, p.file)}:1:1`;
    const key = `${p.id} ${p.input.status} ${p.input.effective}`;
    const other = seen.get(key);
    seen.set(key, p.file);
    return [
      ...(routed.has(p.id) ? [] : [warning(where, `policies/payers.yaml sends nobody's orders to "${p.id}"`)]),
      ...(other === undefined ? [] : [error(where, `${other} is a text of "${p.id}" from the same day`)]),
    ];
  });
}

/** Only findings can be reasons of an order. */
function lintReasons(policy: CompiledPolicy, { vocabulary }: Knowledge): readonly Finding[] {
  const canBeReason = (id: string): boolean => {
    const fact = vocabulary.facts.get(id);
    return (
      fact !== undefined &&
      (fact.evidence.some((b) => 'finding' in b) || [...(fact.any ?? []), ...(fact.all ?? [])].some(canBeReason))
    );
  };
  const never = policy.atoms.flatMap(queriesOf).filter((q) => q.source === 'order-reason' && !canBeReason(q.fact));
  return [...new Set(never.map((q) => q.fact))].map((fact) =>
    error(`${policy.file}:1:1`, `"${fact}" is no finding: it is never the reason of an order`),
  );
}

/** All findings, or the problems because of which the folder does not load. */
export interface LintResult {
  readonly findings: readonly Finding[];
  /** how many policy texts were looked at */
  readonly texts: number;
}

const asFinding = (problem: string): Finding => {
  const [, where, message] = /^(\S+?:\d+:\d+):? (.*)$/s.exec(problem) ?? [];
  return error(where ?? '', message ?? problem);
};

/**
 * Looks through a `policies/` folder as an analyst's colleague would: schema and references first; when they are right, what
 * loads but cannot be meant.
 * @param today "YYYY-MM-DD"
 */
export function lintFolder(folder: string, today: string): LintResult {
  let files: readonly string[] = [];
  let knowledge: Knowledge;
  try {
    files = policyFiles(folder);
    knowledge = loadKnowledge(folder);
  } catch (problem) {
    if (!(problem instanceof InvalidFileError)) throw problem;
    return { findings: problem.problems.map(asFinding), texts: files.length };
  }
  const { vocabulary, studies, policies } = knowledge;
  const codeFiles = readCodeSetFiles(join(folder, 'codes'));
  const needed = {
    facts: new Set([...PROGRAM_FACTS, ...policies.policies.flatMap(factsOf)]),
    sets: [...READING_SETS, ...OUTCOME_SETS],
  };
  const texts = files.flatMap((name) => {
    const file = readYaml(name, PolicyFile);
    const policy = compilePolicy(file, vocabulary, studies);
    return [
      ...lintDocument(file, today),
      ...lintTimes(file),
      ...lintLogic(policy, vocabulary),
      ...lintReasons(policy, knowledge),
      ...lintRegions(file, policy, studies),
    ];
  });
  return {
    findings: [
      ...lintCodeSets(codeFiles),
      ...lintStudies(readYaml(join(folder, 'studies.yaml'), StudiesFile)),
      ...lintVocabulary(readFactFiles(join(folder, 'facts')), codeFiles, vocabulary, needed),
      ...texts,
      ...lintTexts(folder, knowledge),
      ...lintPayers(readYaml(join(folder, 'payers.yaml'), PayersFile), policies.policies),
    ],
    texts: files.length,
  };
}
