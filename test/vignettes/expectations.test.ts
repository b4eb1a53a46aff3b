import { describe, expect, it } from 'vitest';
import { KnownCodes } from '../../src/terminology/known-codes.ts';
import { differences } from '../../src/vignettes/differences.ts';
import { expandVignettes } from '../../src/vignettes/expand.ts';
import { checkVignette } from '../../src/vignettes/run.ts';
import { VignettesFile } from '../../src/vignettes/schema.ts';
import { unknownCodes } from '../../src/vignettes/unknown-codes.ts';
import { unknownNames } from '../../src/vignettes/unknown-names.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';

/** A file with one vignette: back pain of two weeks, of which nothing else is known. */
const fileWith = (expected: string, item = '{ as: seen, visit: office, date: -3d }') =>
  parseYaml(
    'cases.yaml',
    `policy: kaiser-wa-lumbar-mri
payer: Kaiser Foundation Health Plan of Washington
vignettes:
  - id: two-weeks
    title: Back pain for two weeks
    order: { study: "72148", date: "2025-06-10", reasons: icd M54.50 }
    chart:
      - { as: pain, condition: icd M54.50, onset: -14d, recorded: -13d }
      - ${item}
    expect: ${expected}
    why: Nothing was tried.
`,
    VignettesFile,
  );

function found(expected: string): readonly string[] {
  const [vignette] = expandVignettes(fileWith(expected));
  if (vignette === undefined) throw new Error('no vignette');
  return differences(vignette, checkVignette(vignette, checker(), CANONICAL_BASE));
}

describe('what a vignette expects to be asked', () => {
  it('holds when what must be asked is asked, and what must not be is not', () => {
    expect(found('{ outcome: undetermined, asks: [treatment-6-weeks], not-asks: [fever] }')).toEqual([]);
  });

  it('fails for a fact that is asked and must not be', () => {
    expect(found('{ outcome: undetermined, not-asks: [fever, treatment-6-weeks] }')).toEqual([
      'asks treatment-6-weeks, which must not be asked',
    ]);
  });

  it('fails for a fact that must be asked and is not', () => {
    expect(found('{ outcome: undetermined, asks: [fever] }')).toEqual([
      expect.stringMatching(/^does not ask fever \(asks: .*treatment-6-weeks/),
    ]);
  });
});

describe('codes in vignettes', () => {
  const unknown = (item: string): readonly string[] =>
    unknownCodes(fileWith('{ outcome: undetermined }', item), new KnownCodes());

  it('exist', () => {
    expect(unknown('{ condition: [icd M54.50, snomed 279039007], at: x }')).toEqual([]);
    expect(unknown('{ procedure: pcs 0SG00A0, date: -3d }')).toEqual([]);
  });

  it.each([
    ['icd M54.99', 'M54.99 is no code or family of ICD-10-CM'],
    ['pcs 0SGY0A0', '0SGY0A0 is no code or family of ICD-10-PCS'],
    ['snomed 279039008', 'the check digit of SNOMED CT 279039008 is wrong'],
  ])('%s does not', (code, problem) => {
    expect(unknown(`{ procedure: ${code}, date: -3d }`)).toEqual([
      expect.stringMatching(/^cases\.yaml:9:\d+ two-weeks: /),
    ]);
    expect(unknown(`{ procedure: ${code}, date: -3d }`)[0]).toContain(problem);
  });
});

describe('names in vignettes', () => {
  const unknown = (expected: string, item?: string): readonly string[] =>
    unknownNames(fileWith(expected, item), checker().knowledge);

  it('may be facts, with a suspicion or a history, the date of birth, criteria and exclusions', () => {
    expect(
      unknown(
        '{ outcome: undetermined, asks: [fever, fever.suspected, fever.history, birth-date], not-asks: [fever], criteria: [I.A], unmet: [I.A] }',
      ),
    ).toEqual([]);
  });

  it.each([
    ['asks', 'fevr', 'there is no fact "fevr" in policies/facts'],
    ['not-asks', 'fevr', 'there is no fact "fevr" in policies/facts'],
    ['not-asks', 'fever.known', 'there is no fact "fever.known" in policies/facts'],
    ['criteria', 'IX.Z', 'kaiser-wa-lumbar-mri has no criterion "IX.Z"'],
    ['unmet', 'IX.Z', 'kaiser-wa-lumbar-mri has no criterion "IX.Z"'],
  ])('%s: %s does not exist', (member, name, problem) => {
    expect(unknown(`{ outcome: undetermined, ${member}: [${name}] }`)).toEqual([
      expect.stringMatching(/^cases\.yaml:10:\d+ two-weeks: /),
    ]);
    expect(unknown(`{ outcome: undetermined, ${member}: [${name}] }`)[0]).toContain(problem);
  });

  it('an answer names a fact', () => {
    expect(unknown('{ outcome: undetermined }', '{ answer: feverr, value: "yes" }')).toEqual([
      expect.stringMatching(/^cases\.yaml:9:\d+ two-weeks: there is no fact "feverr"/),
    ]);
  });
});
