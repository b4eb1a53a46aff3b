import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PolicyFile } from '../../src/policy/schema.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { readYaml } from '../../src/yaml/yaml-file.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';
import { mutantsOf } from './mutants.ts';
import { surroundingsOf } from './surroundings.ts';
import { Trial } from './trial.ts';

const VIGNETTES = loadVignettes(join(ROOT, 'test/vignettes')).flatMap((f) => f.vignettes);

/** One mutant of a policy and one vignette. @returns whether it is noticed when the vignette expects only this */
function trialOf(policy: string, mutant: string, id: string): (expected: Partial<Vignette['expect']>) => boolean {
  const { policies, vocabulary, studies } = checker().knowledge;
  const file = policies.policies.find((p) => p.id === policy && p.input.status === 'in-force')?.file ?? '';
  const { data } = readYaml(join(ROOT, 'policies', file), PolicyFile);
  const changed = mutantsOf(data, surroundingsOf(vocabulary, studies, false)).find(
    (m) => `${m.place}: ${m.what}` === mutant,
  );
  const vignette = VIGNETTES.find((v) => v.id === id && v.policy === policy);
  const check = vignette && checkVignette(vignette, checker(), CANONICAL_BASE);
  if (vignette === undefined || check === undefined || changed === undefined)
    throw new Error(`there is no ${id}, or no ${mutant}`);
  return (expected) => {
    const expect = { outcome: vignette.expect.outcome, ...expected };
    const by = new Trial(data, [{ vignette: { ...vignette, expect }, check }], checker()).kill(changed);
    if (by === 'invalid') throw new Error(`${mutant} is no policy`);
    return by !== 'none';
  };
}

describe('a mutant after which every indication stands as before', () => {
  it('is noticed by a vignette that expects no more than what holds so far', () => {
    const noticed = trialOf('cohere-spine-mri', 'C3.4 entry: no entry', 'edge-old-pain-fall');
    expect(noticed({})).toBe(false);
    expect(noticed({ criteria: ['C3.4@lumbar'] })).toBe(true);
    expect(noticed({ unmet: ['C3.3@lumbar'] })).toBe(true);
  });

  it('is noticed by the outcome where it concerns another region', () => {
    const noticed = trialOf('cigna-evicore-spine', 'SP-16.3 region: region: lumbar', 'edge-tarlov-stimulator');
    expect(noticed({})).toBe(true);
  });
});
