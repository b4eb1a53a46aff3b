import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPayers, normalName, type PayerDirectory } from '../../src/coverage/payers.ts';
import { parseDate } from '../../src/dates/day.ts';
import { InvalidFileError } from '../../src/yaml/yaml-file.ts';
import { checker, ROOT } from '../support/knowledge.ts';

const folder = mkdtempSync(join(tmpdir(), 'payers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function directory(yaml: string): PayerDirectory {
  const file = join(folder, 'payers.yaml');
  writeFileSync(file, yaml);
  return loadPayers(file, checker().knowledge.policies);
}
const problems = (yaml: string): readonly string[] => {
  try {
    directory(yaml);
    return [];
  } catch (error) {
    if (error instanceof InvalidFileError) return error.problems;
    throw error;
  }
};

describe('the payers that we know', () => {
  const found = (name: string) => checker().knowledge.payers.find({ names: [name], identifiers: [] })?.id;

  it.each([
    ['Cohere Health', 'cohere'],
    ['cohere health, inc.', 'cohere'],
    ['Kaiser Foundation Health Plan of Washington', 'kaiser-wa'],
    ['KAISER FOUNDATION HEALTH PLAN OF WASHINGTON', 'kaiser-wa'],
    ['Kaiser Foundation Health Plan of Washington, Inc.', 'kaiser-wa'],
    ['Kaiser Foundation Health Plan of Washington Options, Inc.', 'kaiser-wa'],
    ['Kaiser Foundation Health Plan of Washington Options Inc', 'kaiser-wa'],
    ['Kaiser Foundation Health Plan of Washington (KFHPWA)', 'kaiser-wa'],
    ['Kaiser Permanente Washington', 'kaiser-wa'],
    ['Cigna', 'cigna'],
    ['The Cigna Group', 'cigna'],
    ['Cigna Healthcare', 'cigna'],
    ['Cigna HealthCare, Inc.', 'cigna'],
    ['Cigna  Health & Life  Insurance Co.', 'cigna'],
    ['HealthHelp', 'healthhelp'],
    ['HealthHelp, LLC', 'healthhelp'],
    ['WNS HealthHelp', 'healthhelp'],
  ])('"%s" is %s', (name, id) => {
    expect(found(name)).toBe(id);
  });
  it.each(['Kaiser Permanente', 'Kaiser Foundation Health Plan', 'Cignature Dental', 'Health', '', 'Inc.'])(
    '"%s" is nobody that we know',
    (name) => {
      expect(found(name)).toBeUndefined();
    },
  );
  it('every policy has a payer', () => {
    const { payers, policies } = checker().knowledge;
    const routed = new Set(payers.payers.flatMap((p) => p.policies.map((r) => r.policy)));
    expect(policies.ids().filter((id) => !routed.has(id))).toEqual([]);
  });
});

describe('names', () => {
  it('are compared without case, accents, punctuation and legal form', () => {
    expect(normalName('  Société  d’Assurance, S&P — Co., Inc. ')).toBe('societe dassurance s and p');
    expect(normalName('The Health Plan, LLC')).toBe('health plan');
  });
});

const DELEGATES = `
payers:
  - id: acme
    name: Acme Health
    identifiers:
      - { system: "urn:oid:2.16.840.1.113883.6.300", value: "12345" }
      - { value: "ACME" }
    policies:
      - { policy: kaiser-wa-lumbar-mri, line-of-business: [medicare] }
      - { policy: cigna-evicore-spine, plans: [Gold PPO, "100-7"] }
      - { policy: healthhelp-lumbar-mri, studies: ["72148"], until: "2026-01-01" }
      - { policy: cohere-spine-mri, from: "2026-01-01" }
`;

describe('a plan whose imaging somebody else reviews', () => {
  const route = (
    study: string,
    date: string,
    plans: readonly string[],
    line: 'medicare' | 'commercial' = 'commercial',
  ) => {
    const payers = directory(DELEGATES);
    const acme = payers.get('acme');
    const serviceDate = parseDate(date)?.lo ?? 0;
    if (acme === undefined) throw new Error('no payer');
    return payers.policyFor(acme, { study, serviceDate }, { lineOfBusiness: line, plans }, checker().knowledge.policies)
      ?.input.policy;
  };

  it('is checked against the policy of its line of business, plan, study and date', () => {
    expect(route('72148', '2025-09-01', [], 'medicare')).toBe('kaiser-wa-lumbar-mri');
    expect(route('72148', '2025-09-01', ['Gold PPO'])).toBe('cigna-evicore-spine');
    expect(route('72148', '2025-09-01', [])).toBe('healthhelp-lumbar-mri');
    expect(route('72148', '2026-01-01', [])).toBe('cohere-spine-mri');
  });
  it('plans are compared as names are', () => {
    expect(route('72141', '2025-09-01', ['GOLD-PPO'])).toBe('cigna-evicore-spine');
    expect(route('72141', '2025-09-01', ['100-7'])).toBe('cigna-evicore-spine');
    expect(route('72141', '2025-09-01', ['Gold'])).toBeUndefined();
  });
  it('has no policy before, after or beside those routes', () => {
    expect(route('72149', '2025-09-01', [])).toBeUndefined();
    expect(route('72148', '2020-01-01', [])).toBeUndefined();
    expect(route('72195', '2026-01-01', [])).toBeUndefined();
  });
  it('is found by identifier before name, under the system where one is given', () => {
    const payers = directory(DELEGATES);
    const find = (value: string, system?: string) =>
      payers.find({ names: ['Somebody'], identifiers: [{ value, ...(system !== undefined && { system }) }] })?.id;
    expect(find('12345', 'urn:oid:2.16.840.1.113883.6.300')).toBe('acme');
    expect(find('12345', 'urn:other')).toBeUndefined();
    expect(find('ACME', 'urn:other')).toBe('acme');
    expect(find('nothing')).toBeUndefined();
  });
});

describe('the example of the documentation', () => {
  it('loads', () => {
    const document = readFileSync(`${ROOT}/docs/write-a-policy.md`, 'utf8');
    const [, example] = /```yaml\n(payers:\n[\s\S]*?)```/.exec(document) ?? [];
    expect(directory(example ?? '').find({ names: ['ACME Advantage, Inc.'], identifiers: [] })?.short).toBe('Acme');
  });
});

describe('mistakes in payers.yaml', () => {
  it('a policy that does not exist', () => {
    expect(problems('payers:\n  - { id: a, name: A, policies: [{ policy: none }] }')).toEqual([
      expect.stringMatching(/payers\.yaml:2:\d+ payers\.0\.policies\.0\.policy: there is no policy "none"/),
    ]);
  });
  it('a name used twice, however it is written', () => {
    const yaml = `payers:
  - { id: a, name: "Acme, Inc.", policies: [{ policy: cohere-spine-mri }] }
  - { id: b, name: B, names: [THE ACME], policies: [{ policy: cohere-spine-mri }] }`;
    expect(problems(yaml)).toEqual([expect.stringContaining('the name "THE ACME" belongs to a too')]);
  });
  it('a line of business that we do not know', () => {
    const yaml =
      'payers:\n  - { id: a, name: A, policies: [{ policy: cohere-spine-mri, line-of-business: [tricare] }] }';
    expect(problems(yaml).join()).toContain('line-of-business');
  });
});
