import { join } from 'node:path';
import { READING_SETS } from '../chart/reading-sets.ts';
import { loadPayers, type PayerDirectory } from '../coverage/payers.ts';
import { loadVocabulary, type Vocabulary } from '../facts/vocabulary.ts';
import { loadPolicies, type PolicySet } from '../policy/policy-set.ts';
import { StudiesFile, StudyCatalog } from '../policy/studies.ts';
import { CodeIndex } from '../terminology/code-index.ts';
import { loadCodeSets } from '../terminology/load-code-sets.ts';
import { InvalidFileError, readYaml } from '../yaml/yaml-file.ts';
import { OUTCOME_SETS, PROGRAM_FACTS } from './program-facts.ts';

/** Everything that analysts write: codes, facts, studies, policies and payers. Immutable; replaced as a whole on reload. */
export interface Knowledge {
  readonly codes: CodeIndex;
  readonly studies: StudyCatalog;
  readonly vocabulary: Vocabulary;
  readonly policies: PolicySet;
  readonly payers: PayerDirectory;
}

/**
 * Loads a `policies/` folder.
 * @throws InvalidFileError with every problem as file:line:column
 */
export function loadKnowledge(folder: string): Knowledge {
  const codes = new CodeIndex(loadCodeSets(join(folder, 'codes')));
  const missing = [...READING_SETS, ...OUTCOME_SETS].filter((s) => !codes.has(s));
  if (missing.length > 0)
    throw new InvalidFileError(
      missing.map((s) => `${join(folder, 'codes')}: the code set "${s}" is needed for reading charts`),
    );
  const studies = new StudyCatalog(readYaml(join(folder, 'studies.yaml'), StudiesFile).data);
  const vocabulary = loadVocabulary(join(folder, 'facts'), codes);
  const undefinedFacts = PROGRAM_FACTS.filter((f) => !vocabulary.facts.has(f));
  if (undefinedFacts.length > 0)
    throw new InvalidFileError(
      undefinedFacts.map((f) => `${join(folder, 'facts')}: the fact "${f}" is needed, whatever the policies ask`),
    );
  const policies = loadPolicies(folder, vocabulary, studies);
  const payers = loadPayers(join(folder, 'payers.yaml'), policies);
  return { codes, studies, vocabulary, policies, payers };
}
