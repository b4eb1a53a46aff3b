import { describe, expect, it } from 'vitest';
import type { Leaf } from '../../src/policy/pivots.ts';
import { KnownCodes } from '../../src/terminology/known-codes.ts';
import { CoverageTally } from '../../src/vignettes/coverage.ts';
import { differences } from '../../src/vignettes/differences.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { unknownCodes } from '../../src/vignettes/unknown-codes.ts';
import { unknownNames } from '../../src/vignettes/unknown-names.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

const known = new KnownCodes();
const coverage = new CoverageTally();
const files = loadVignettes(`${ROOT}/test/vignettes`);

for (const file of files) {
  describe(file.file, () => {
    it('names facts, criteria and codes that exist', () => {
      expect(unknownNames(file.source, checker().knowledge)).toEqual([]);
      expect(unknownCodes(file.source, known)).toEqual([]);
    });

    for (const vignette of file.vignettes) {
      it(`${vignette.id}: ${vignette.title}`, () => {
        const check = checkVignette(vignette, checker(), CANONICAL_BASE);
        if (check !== undefined && file.origin !== 'generated') coverage.add(check);
        expect(differences(vignette, check), vignette.why).toEqual([]);
      });
    }
  });
}

// what the vignettes above decided: run alone, by name, it finds nothing covered
describe('criteria coverage', () => {
  const inForce = checker().knowledge.policies.policies.filter((p) => p.input.status === 'in-force');

  it.each(inForce)('$id: every criterion decided once for and once against', ({ id }) => {
    const found = coverage.byPolicy(checker().knowledge).find((c) => c.policy === id);
    console.log(`criteria coverage ${id}: ${found?.covered}/${found?.leaves}`);
    expect(found?.leaves).toBeGreaterThan(0);
    const list = (all: readonly Leaf[] = []): readonly string[] => all.map((l) => `${l.where} ${l.label}`);
    expect({ neverFor: list(found?.neverFor), neverAgainst: list(found?.neverAgainst) }).toEqual({
      neverFor: [],
      neverAgainst: [],
    });
  });
});
