import { describe, expect, it } from 'vitest';
import { KnownCodes } from '../../src/terminology/known-codes.ts';
import { criteriaCoverage } from '../../src/vignettes/coverage.ts';
import { checkVignette, differences, loadVignettes } from '../../src/vignettes/run.ts';
import { unknownCodes } from '../../src/vignettes/unknown-codes.ts';
import { unknownNames } from '../../src/vignettes/unknown-names.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

const known = new KnownCodes();
const files = loadVignettes(`${ROOT}/test/vignettes`);

for (const file of files) {
  describe(file.file, () => {
    it('names facts, criteria and codes that exist', () => {
      expect(unknownNames(file.source, checker().knowledge)).toEqual([]);
      expect(unknownCodes(file.source, known)).toEqual([]);
    });

    for (const vignette of file.vignettes) {
      it(`${vignette.id}: ${vignette.title}`, () => {
        expect(differences(vignette, checkVignette(vignette, checker(), CANONICAL_BASE)), vignette.why).toEqual([]);
      });
    }
  });
}

describe('criteria coverage', () => {
  for (const { policy, leaves, covered, neverFor, neverAgainst } of criteriaCoverage(
    files,
    checker(),
    CANONICAL_BASE,
  )) {
    it(`${policy}: every criterion decided once for and once against`, () => {
      console.log(`criteria coverage ${policy}: ${covered}/${leaves}`);
      const list = (all: typeof neverFor): readonly string[] => all.map((l) => `${l.where} ${l.label}`);
      expect({ neverFor: list(neverFor), neverAgainst: list(neverAgainst) }).toEqual({
        neverFor: [],
        neverAgainst: [],
      });
    });
  }
});
