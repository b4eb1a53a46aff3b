import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalUrls } from '../../src/chart/readers/answer.ts';
import { loadKnowledge } from '../../src/criteria-check/knowledge.ts';
import { lintFolder } from '../../src/criteria-check/lint.ts';
import type { Checker } from '../../src/criteria-check/order-check.ts';
import { differences } from '../../src/vignettes/differences.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { CANONICAL_BASE, ROOT } from '../support/knowledge.ts';
import { fileBlocks, follow, page, shownOutput } from '../support/worked-example.ts';

const DOCUMENT = page('write-a-policy.md');
const TODAY = '2026-04-20';
const BLOCKS = fileBlocks(DOCUMENT);

const errors = (folder: string): readonly string[] =>
  lintFolder(join(folder, 'policies'), TODAY).findings.flatMap((f) =>
    f.level === 'error' ? [`${f.where.slice(folder.length + 1)} ${f.message}`] : [],
  );

describe('the worked example of docs/write-a-policy.md', () => {
  let checker: Checker;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'example-'));
    follow(folder, BLOCKS);
    checker = { knowledge: loadKnowledge(join(folder, 'policies')), canonical: canonicalUrls(CANONICAL_BASE) };
    return () => rmSync(folder, { recursive: true, force: true });
  });

  it('is made of an entry for the payer, a fact, a code set, a policy and vignettes, and of no code', () => {
    expect(BLOCKS.map((b) => `${b.kind} ${b.path}`)).toEqual([
      'append policies/payers.yaml',
      'file policies/facts/occupation.yaml',
      'file policies/codes/occupation.yaml',
      'file policies/harbor/lumbar-mri/2026-03-01.yaml',
      'file test/vignettes/harbor-lumbar-mri.yaml',
    ]);
  });

  it('is lint clean', () => {
    expect(errors(folder)).toEqual([]);
  });

  it('without its fact lint says what the document says', () => {
    const half = temporaryFolder();
    follow(
      half,
      BLOCKS.filter((b) => !b.path.includes('occupation')),
    );
    expect(errors(half)).toEqual([shownOutput(DOCUMENT, 'lint')]);
  });

  it('routes the payer to the policy', () => {
    const { payers, policies } = checker.knowledge;
    const payer = payers.find({ names: ['Harbor Mutual Health Plan'], identifiers: [] });
    expect(payer?.policies).toEqual([{ policy: 'harbor-lumbar-mri' }]);
    expect(policies.ids()).toContain('harbor-lumbar-mri');
  });

  it('its vignettes come out as written', () => {
    const [file] = loadVignettes(join(folder, 'test/vignettes'));
    expect(file?.vignettes.map((v) => v.id)).toEqual(['3B-driver', '3B-no-driver']);
    for (const vignette of file?.vignettes ?? [])
      expect(differences(vignette, checkVignette(vignette, checker, CANONICAL_BASE)), vignette.id).toEqual([]);
  });

  it('leaves the other policies as they are', () => {
    const before = loadKnowledge(join(ROOT, 'policies')).policies;
    for (const policy of before.policies) {
      const after = checker.knowledge.policies.policies.find((p) => p.file === policy.file);
      expect(after?.text).toBe(policy.text);
    }
  });
});
