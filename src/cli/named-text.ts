import { existsSync, statSync } from 'node:fs';
import type { Checker } from '../criteria-check/order-check.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { PolicyFile } from '../policy/schema.ts';
import { readYaml } from '../yaml/yaml-file.ts';
import { UsageError } from './command.ts';

/**
 * A text of a policy, drafts too: a file, or "id" (the latest) or "id@date" (the one of that effective date) of the policies folder.
 * @param where what to name in the message when there is none
 */
export function namedText(name: string, { knowledge }: Checker, where: string): CompiledPolicy {
  if (existsSync(name) && statSync(name).isFile())
    return compilePolicy(readYaml(name, PolicyFile), knowledge.vocabulary, knowledge.studies);
  const [id, date] = name.split('@');
  const last = knowledge.policies.policies
    .filter((p) => p.id === id && (date === undefined || p.input.effective === date))
    .at(-1);
  if (last !== undefined) return last;
  const known = knowledge.policies.policies.map((p) => `${p.id}@${p.input.effective}`).join(', ');
  throw new UsageError(`${where}: "${name}" is neither a file nor one of ${known}`);
}
