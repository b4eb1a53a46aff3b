import { describe, expect, it } from 'vitest';
import { CodeSetsFile, codeAndLabel, loadCodeSets, readCodeSetFiles } from '../../src/terminology/code-sets.ts';
import { codeProblem } from '../../src/terminology/code-shape.ts';
import { lintCodeSets } from '../../src/terminology/lint-code-sets.ts';
import type { System } from '../../src/terminology/systems.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { checker, ROOT } from '../support/knowledge.ts';
import { icd10cmCodes, icd10cmFamilies } from './icd10cm.ts';

const FOLDER = `${ROOT}/policies/codes`;
const REGION_DIGITS = '0123456789';

describe('the form of a code', () => {
  it.each<[System, string]>([
    ['icd10cm', 'M54.16'],
    ['icd10cm', 'M54.1'],
    ['icd10cm', 'S32.010A'],
    ['icd10cm', 'C7'],
    ['snomed', '279039007'],
    ['snomed', '119551000119102'],
    ['cpt', '72148'],
    ['cpt', '0609T'],
    ['cpt', 'G0283'],
    ['loinc', '8310-5'],
    ['loinc', '72514-3'],
    ['loinc', 'LA33-6'],
    ['loinc', 'LA137-2'],
    ['loinc', 'LA15920-4'],
    ['loinc', 'LA18976-3'],
    ['rxnorm', '5640'],
    ['nucc', '208100000X'],
    ['icdo3', '9370/3'],
    ['mrsafety', 'C106047'],
  ])('%s %s is well formed', (system, code) => {
    expect(codeProblem(system, code)).toBeUndefined();
  });

  it.each<[System, string, RegExp]>([
    ['icd10cm', 'M5416', /with its dot/],
    ['icd10cm', 'm54.16', /with its dot/],
    ['snomed', '279039008', /check digit/],
    ['snomed', '279093007', /check digit/],
    ['snomed', '680946014', /no concept/],
    ['snomed', '12345', /6 to 18 digits/],
    ['cpt', '7214', /five characters/],
    ['cpt', '72148-26', /five characters/],
    ['loinc', '8310-6', /check digit/],
    ['loinc', '8301-5', /check digit/],
    ['loinc', 'LA28409-8', /check digit/],
    ['rxnorm', 'R5640', /digits/],
    ['nucc', '208100000', /ten characters/],
    ['icdo3', '9370', /morphology/],
    ['mrsafety', 'C1', /NCI/],
  ])('%s %s is refused', (system, code, why) => {
    expect(codeProblem(system, code)).toMatch(why);
  });
});

describe('policies/codes', () => {
  const families = icd10cmFamilies();
  const exists = (code: string): boolean => families.has(code.replace('.', ''));

  it('the list of ICD-10-CM is whole', () => {
    const codes = icd10cmCodes();
    expect(codes.length).toBe(74_719);
    expect(codes.slice(0, 3)).toEqual(['A000', 'A001', 'A009']);
    for (const code of ['M5416', 'S32010A', 'M4646', 'Z981']) expect(codes).toContain(code);
    expect(codes.every((c) => /^[A-Z][0-9A-Z]{2,6}$/.test(c))).toBe(true);
  });

  it('every code has the right form and no set contradicts another', () => {
    expect(lintCodeSets(readCodeSetFiles(FOLDER)).filter((f) => f.level === 'error')).toEqual([]);
  });

  it('every code and family of ICD-10-CM exists', () => {
    const unknown = checker().knowledge.codes.listed.flatMap(({ set, system, code, region }) => {
      if (system !== 'icd10cm') return [];
      const whole =
        exists(code) && (region !== 'by-region' || [...REGION_DIGITS].some((d) => exists(withDigit(code, d))));
      return whole ? [] : [`${set}: ${code}`];
    });
    const except = [...loadCodeSets(FOLDER)].flatMap(([id, set]) =>
      set['icd10cm-except'].map((item) => codeAndLabel(item)[0]).flatMap((c) => (exists(c) ? [] : [`${id}: ${c}`])),
    );
    expect([...unknown, ...except]).toEqual([]);
  });

  it('the codes of the vignettes exist', () => {
    const text = JSON.stringify(loadVignettes(`${ROOT}/test/vignettes`).map((f) => f.vignettes.map((v) => v.chart)));
    const names: Readonly<Record<string, System>> = { icd: 'icd10cm', icdo: 'icdo3' };
    const found = new Set(
      [...text.matchAll(/"(icd|icdo|snomed|cpt|loinc|rxnorm|nucc|mrsafety) ([^" ]+)"/g)].map((m) => m[0]),
    );
    const problems = [...found].flatMap((item) => {
      const [word = '', code = ''] = item.slice(1, -1).split(' ');
      const system = names[word] ?? (word as System);
      return codeProblem(system, code) ?? (system !== 'icd10cm' || exists(code) ? [] : [`${code} does not exist`]);
    });
    expect(problems).toEqual([]);
  });
});

/** A family with its region digit: the first character after the dot, or one more. */
const withDigit = (family: string, digit: string): string =>
  family.includes('.') ? family + digit : `${family}.${digit}`;

describe('findings in code sets', () => {
  const lint = (yaml: string): readonly string[] =>
    lintCodeSets([parseYaml('codes.yaml', `${yaml}\nsources: [nowhere]\n`, CodeSetsFile)]).map(
      (f) => `${f.where} ${f.message}`,
    );

  it('codes listed twice, without label, or in two sets that say opposite things', () => {
    expect(
      lint(`code-sets:
  good: { label: good, opposes: [bad], snomed: ["17621005 normal"] }
  bad: { label: bad, snomed: ["263654008 abnormal"], include: [worse] }
  worse: { label: worse, snomed: ["17621005 normal"] }
  pain: { label: pain, icd10cm: { any: ["M54.5 low"], lumbar: ["M54.5"] } }
  family: { label: f, opposes: [member], icd10cm: ["M54 back"] }
  member: { label: m, icd10cm: ["M54.2 neck"], icd10cm-except: ["M99.1 elsewhere"] }
  none: { label: none }
  beside: { label: b, icd10cm: ["M54 back"], icd10cm-except-sets: [member, far] }
  far: { label: far, icd10cm: ["G83.4 far"] }`),
    ).toEqual([
      'codes.yaml:2:34 code-sets.good: snomed 17621005 belongs to "bad" too, which says the opposite',
      'codes.yaml:5:64 code-sets.pain: M54.5 has no label',
      'codes.yaml:5:64 code-sets.pain: icd10cm M54.5 is listed twice, under two regions',
      'codes.yaml:6:33 code-sets.family: icd10cm M54 belongs to "member" too, which says the opposite',
      'codes.yaml:7:65 code-sets.member: M99.1 lies in no family of this set',
      'codes.yaml:8:9 code-sets.none: a set without codes',
      'codes.yaml:9:76 code-sets.beside: no code of "far" lies in a family of this set',
    ]);
  });

  it('a file without sources', () => {
    const file = parseYaml('codes.yaml', 'code-sets: {}', CodeSetsFile);
    expect(lintCodeSets([file])).toEqual([expect.objectContaining({ level: 'warning' })]);
  });
});
