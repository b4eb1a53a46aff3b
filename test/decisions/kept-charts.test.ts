import { describe, expect, it } from 'vitest';
import { strip } from '../../src/decisions/strip.ts';
import { checkResources, loadVignettes } from '../../src/vignettes/run.ts';
import { type VignetteResources, vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

/** What a record of a decision keeps of the chart and of the order. */
function kept(fhir: VignetteResources): VignetteResources {
  const { studies, codes } = checker().knowledge;
  const of = <T>(resource: T): T => strip(resource, { studies, codes }) as T;
  return { ...fhir, chart: fhir.chart.map(of), order: of(fhir.order) };
}

describe('from what a record keeps of its chart', () => {
  it.each(loadVignettes(`${ROOT}/test/vignettes`).map(({ file, vignettes }) => ({ file, vignettes })))(
    'every vignette of $file comes out the same, to the last piece of evidence',
    // a file holds up to a thousand vignettes
    { timeout: 240_000 },
    ({ vignettes }) => {
      const different = vignettes.filter((vignette) => {
        const fhir = vignetteToFhir(vignette, CANONICAL_BASE);
        const before = checkResources(fhir, vignette, checker())?.assessment;
        const after = checkResources(kept(fhir), vignette, checker())?.assessment;
        return JSON.stringify(before) !== JSON.stringify(after);
      });
      expect(different.map((v) => v.id)).toEqual([]);
    },
  );
});
