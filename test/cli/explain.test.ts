import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Trace } from '../../src/policy/assessment.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

const leaves = (t: Trace): readonly Trace[] =>
  t.children !== undefined && t.children.length > 0 ? t.children.flatMap(leaves) : [t];

/** Evidence of a leaf that is not among what is said to have been looked at, or is said to count for nothing. */
function untold({ fact, evidence = [], conflicts = [], leads = [], considered = [] }: Trace): readonly string[] {
  if (fact === undefined) return [];
  const told = new Map(considered.map((c) => [c.reference, c.verdict]));
  const cited = [...evidence, ...conflicts].flatMap((e) => e.reference ?? []);
  return [
    ...[...cited, ...leads.map((l) => l.reference)].filter((ref) => !told.has(ref)),
    ...evidence
      .flatMap((e) => e.reference ?? [])
      .filter((ref) => considered.every((c) => c.reference !== ref || c.verdict === 'ignored')),
  ];
}

it('what decides a criterion is always among the resources that an explanation tells of', () => {
  const vignettes = loadVignettes(join(ROOT, 'test/vignettes')).flatMap((f) => f.vignettes);
  const found = new Set<string>();
  for (const vignette of vignettes.filter((_, i) => i % 40 === 0)) {
    const trace = checkVignette(vignette, checker(), CANONICAL_BASE, true)?.trace;
    for (const leaf of [...(trace?.exclusions ?? []), ...(trace?.paths ?? [])].flatMap(leaves))
      for (const ref of untold(leaf)) found.add(`${vignette.id}: ${leaf.fact} ${ref}`);
  }
  expect([...found]).toEqual([]);
}, 60_000);
