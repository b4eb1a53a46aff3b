import { describe, expect, it } from 'vitest';
import { CodeSetsFile } from '../../src/terminology/code-set.ts';
import { codeProblem } from '../../src/terminology/code-shape.ts';
import { icd10cmCodes } from '../../src/terminology/icd10cm.ts';
import { lintCodeSets } from '../../src/terminology/lint-code-sets.ts';
import { readCodeSetFiles } from '../../src/terminology/load-code-sets.ts';
import { type System, systemOf } from '../../src/terminology/systems.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { ROOT } from '../support/knowledge.ts';

const FOLDER = `${ROOT}/policies/codes`;

describe('the form of a code', () => {
  it.each<[System, string]>([
    ['icd10cm', 'M54.16'],
    ['icd10cm', 'M54.1'],
    ['icd10cm', 'S32.010A'],
    ['icd10cm', 'C7'],
    ['icd10pcs', '0SG00A0'],
    ['icd10pcs', '0SG[01]'],
    ['icd10pcs', 'D'],
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
    ['icd10pcs', '0SGO', /brackets/],
    ['icd10pcs', '0SG00A00', /brackets/],
    ['icd10pcs', '0SG[1]', /brackets/],
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
  it('the list of ICD-10-CM is whole', () => {
    const codes = icd10cmCodes();
    expect(codes.length).toBe(74_719);
    expect(codes.slice(0, 3)).toEqual(['A000', 'A001', 'A009']);
    for (const code of ['M5416', 'S32010A', 'M4646', 'Z981']) expect(codes).toContain(code);
    expect(codes.every((c) => /^[A-Z][0-9A-Z]{2,6}$/.test(c))).toBe(true);
  });

  it('every code has the right form, every code of ICD-10-CM exists, and no set contradicts another', () => {
    expect(lintCodeSets(readCodeSetFiles(FOLDER)).filter((f) => f.level === 'error')).toEqual([]);
  });
});

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

  it('codes that an included set lists already, but for a place that only this set names', () => {
    expect(
      lint(`code-sets:
  strain: { label: strain, icd10cm: { any: ["M54.5 low"], lumbar: ["S39.012 strain"] } }
  first: { label: first, icd10cm: ["S32 fracture"], icd10cm-seventh: A }
  inner: { label: inner, include: [strain, first], snomed: ["279039007 low back pain"] }
  outer: { label: outer, include: [inner], icd10cm: { any: ["S39.012 strain", "S32 fracture"], lumbar: ["M54.5 low"] }, snomed: ["279039007 low back pain"] }`),
    ).toEqual([
      'codes.yaml:5:61 code-sets.outer: icd10cm S39.012 comes with "inner" already',
      'codes.yaml:5:130 code-sets.outer: snomed 279039007 comes with "inner" already',
    ]);
  });

  it('codes, families, region digits and exceptions of ICD-10-CM that do not exist', () => {
    expect(
      lint(`code-sets:
  pain: { label: pain, icd10cm: ["M54.99 none", "M54.5 family", "M54.50 code"], icd10cm-except: ["M54.58 none"] }
  region: { label: region, icd10cm: { by-region: ["M48.0 stenosis", "M54.50 no digit follows", "M47 the digit is behind the dot"] } }`),
    ).toEqual([
      'codes.yaml:2:34 code-sets.pain: M54.99 is no code or family of ICD-10-CM (fiscal year 2026)',
      'codes.yaml:2:98 code-sets.pain: M54.58 is no code or family of ICD-10-CM (fiscal year 2026)',
      'codes.yaml:3:69 code-sets.region: no code of ICD-10-CM (fiscal year 2026) has a region digit after M54.50',
    ]);
  });

  it('codes and families of ICD-10-PCS that do not exist, each value in brackets', () => {
    expect(
      lint(`code-sets:
  fusion: { label: fusion, opposes: [lumbar], icd10pcs: ["0SG[01] lumbar", "0SG[0Y] no such joint", "0SG[0 open bracket", "0SG00A0 code"] }
  lumbar: { label: lumbar, icd10pcs: ["0SG1 two or more"] }`),
    ).toEqual([
      'codes.yaml:2:76 code-sets.fusion: 0SGY is no code or family of ICD-10-PCS (fiscal year 2020)',
      'codes.yaml:2:101 code-sets.fusion: "0SG[0" is not an ICD-10-PCS code or family, values of one axis in brackets, e.g. "0SG0", "0SG[01]"',
      'codes.yaml:2:38 code-sets.fusion: icd10pcs 0SG[01] belongs to "lumbar" too, which says the opposite',
    ]);
  });

  it('a file without sources', () => {
    const file = parseYaml('codes.yaml', 'code-sets: {}', CodeSetsFile);
    expect(lintCodeSets([file])).toEqual([expect.objectContaining({ level: 'warning' })]);
  });
});

describe('the system of a code', () => {
  it.each([
    ['http://snomed.info/sct', 'snomed'],
    ['http://snomed.info/sct/731000124108', 'snomed'],
    ['http://snomed.info/sct/731000124108/version/20250901', 'snomed'],
    ['http://hl7.org/fhir/sid/icd-10-cm|2026', 'icd10cm'],
    ['http://www.ama-assn.org/go/cpt/', 'cpt'],
    ['https://snomed.info/sct', 'snomed'],
    ['https://snomed.info/sct/731000124108', 'snomed'],
    ['https://hl7.org/fhir/sid/icd-10-cm', 'icd10cm'],
    ['https://www.nlm.nih.gov/research/umls/rxnorm', 'rxnorm'],
    ['https://bluebutton.cms.gov/resources/codesystem/hcpcs|2026', 'cpt'],
    ['http://snomed.info/sct/x', undefined],
    ['http://snomed.info/scts', undefined],
    ['', undefined],
    [`http://loinc.org|${'x'.repeat(300)}`, undefined],
  ])('%s: %s', (uri, system) => {
    expect(systemOf(uri)).toBe(system);
  });
});
