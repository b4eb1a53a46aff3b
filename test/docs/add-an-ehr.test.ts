import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { namesIn } from '../../src/criteria-check/known-names.ts';
import { loadEhrs } from '../../src/ehr/ehr-registry.ts';
import { checker, ROOT } from '../support/knowledge.ts';

const folder = mkdtempSync(join(tmpdir(), 'add-an-ehr-'));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = (page: string): readonly string[] =>
  [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => yaml);

it('the files of docs/add-an-ehr.md and the block of docs/smart.md are taken as they stand there', () => {
  for (const yaml of blocks('add-an-ehr.md')) {
    const [, name = ''] = /^# smart-config\/ehrs\/([a-z.-]+\.yaml)/.exec(yaml) ?? [];
    writeFileSync(join(folder, name), yaml);
  }
  const general = join(folder, 'general-hospital.yaml');
  const short = loadEhrs(folder, namesIn(checker().knowledge)).byId('general-hospital');
  expect([short?.localCodes.size, short?.smart?.clientId]).toEqual([6, 'abc']);
  const smart = blocks('smart.md').find((yaml) => yaml.startsWith('smart:'));
  writeFileSync(general, readFileSync(general, 'utf8').replace(/^smart: .*$/m, smart ?? ''));
  const whole = loadEhrs(folder, namesIn(checker().knowledge)).byId('general-hospital');
  expect(whole?.smart?.frameAncestors).toEqual(['https://ehr.general.example.org']);
});
