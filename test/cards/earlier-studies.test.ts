import { describe, expect, it } from 'vitest';
import { earlierStudies } from '../../src/cards/earlier-studies.ts';
import { expandVignettes } from '../../src/vignettes/expand.ts';
import { checkVignette } from '../../src/vignettes/run.ts';
import { VignettesFile } from '../../src/vignettes/schema.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';

/** Sciatica after a failed course of therapy, with one more entry of the chart. */
function told(entry: string): string | undefined {
  const file = parseYaml(
    'cases.yaml',
    `policy: cigna-evicore-spine
payer: Cigna
vignettes:
  - id: case
    title: Sciatica after a failed course
    order: { study: "72148", date: "2024-06-11", reasons: icd M54.16 }
    chart:
      - { condition: icd M54.16, onset: -90d, recorded: -90d }
      - { visit: office, date: -60d, reasons: icd M54.16 }
      - { therapy: physical, evaluation: -58d, from: -56d, to: -8d, every: 7, reasons: icd M54.16 }
      - { visit: office, date: -3d, reasons: icd M54.16 }
      - ${entry}
    expect: { outcome: undetermined }
    why: An entry beside it.
`,
    VignettesFile,
  );
  const [vignette] = expandVignettes(file);
  const check = vignette && checkVignette(vignette, checker(), CANONICAL_BASE);
  if (check === undefined) throw new Error('no policy governs the order');
  return earlierStudies(check);
}

describe('earlier studies of the ordered region', () => {
  it('are told, with their days, where the criteria do not speak of them', () => {
    expect(told('{ report: cpt 72148, date: -30d, result: normal }')).toBe(
      'Earlier studies of this region on file: MRI (2024-05-12).',
    );
    expect(told('{ report: cpt 72131, date: -30d, result: normal }')).toContain('CT (2024-05-12)');
  });
  it.each([
    ['another region', '{ report: cpt 72141, date: -30d, result: normal }'],
    ['films', '{ report: cpt 72100, date: -30d, result: normal }'],
    ['more than a year ago', '{ report: cpt 72148, date: -13m, result: normal }'],
    ['not done', '{ report: cpt 72148, date: -30d, status: cancelled }'],
    ['nothing', '{ visit: office, date: -1d }'],
  ])('%s: nothing is told', (_, entry) => {
    expect(told(entry)).toBeUndefined();
  });
});
