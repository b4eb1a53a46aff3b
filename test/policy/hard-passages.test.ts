import { describe, expect, it } from 'vitest';
import type { CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import { checked, on, outcomeOf, type Stands, tinyPolicy } from '../support/tiny-policy.ts';

/** The shapes of the hardest passages of the five policies, each in the policy format with invented facts. */

describe('a section that is used again with another window (Kaiser lumbar II with III.A.1)', () => {
  const policy = tinyPolicy(`
define:
  course: { params: [window], criteria: { fact: therapy, within: $window } }
indications:
  - id: II
    label: subacute
    cite: II
    entry: pain
    studies: ["72148"]
    require: [{ use: course, with: { window: 3 months } }]
    paths:
      - { id: II.1, label: signs, criteria: signs }
      - { id: II.2, label: surgery, criteria: surgery }
  - { id: III, label: chronic, cite: III, entry: pain, studies: ["72148"],
      criteria: { all: [{ episode: "> 3 months" }, { use: course, with: { window: 6 months } }, { use: II }] } }`);
  const facts = (months: number): Stands => ({
    pain: 'true',
    signs: 'true',
    surgery: 'false',
    therapy: (query) => ((query.within?.count ?? 0) >= months ? 'true' : 'false'),
  });
  const episode = { onset: { lo: 20_000, hi: 20_000 }, evidence: [{ fact: 'episode-onset', basis: 'chart' as const }] };

  it('the window belongs to the passage that uses it', () => {
    expect(checked(policy, { facts: facts(3), episode }).satisfied.map((s) => s.criterion)).toEqual(['II.1', 'III']);
    expect(checked(policy, { facts: facts(6), episode }).satisfied.map((s) => s.criterion)).toEqual(['III']);
    expect(outcomeOf(checked(policy, { facts: facts(7), episode }))).toBe('not-met');
  });
});

describe('a text with two periods (Kaiser lumbar V)', () => {
  const policy = tinyPolicy(`
indications:
  - id: V
    label: spondylitis
    cite: V
    entry: spondylitis
    studies: ["72148"]
    criteria:
      any:
        - { review: medical director, until: "2026-03-01" }
        - { all: [back-pain, films], from: "2026-03-01" }`);
  const facts = { spondylitis: 'true', 'back-pain': 'true', films: 'true' } as const;

  it('is left to a reviewer before the date, and criteria after it', () => {
    expect(outcomeOf(checked(policy, { facts, serviceDate: '2026-02-28' }))).toBe('undetermined: reviewer');
    expect(outcomeOf(checked(policy, { facts, serviceDate: '2026-03-01' }))).toBe('met');
  });
});

describe('surveillance with bands (HealthHelp osteosarcoma)', () => {
  const surveillance = (criteria: string): CompiledPolicy =>
    tinyPolicy(`
indications:
  - id: S
    label: surveillance
    cite: S
    entry: history of tumor
    studies: ["72148"]
    criteria: ${criteria}`);
  const policy = surveillance(`
      any:
        - schedule: { last: mri, counted-from: therapy, bands: [{ until: 2 years, every: 3 months }, { until: 3 years, every: 4 months }, { every: 1 year }] }
        - new-symptoms`);
  const facts = (therapy: string, mri?: string): Stands => ({
    'tumor.history': 'true',
    'new-symptoms': 'false',
    therapy: on('therapy', 'true', therapy),
    ...(mri !== undefined && { mri: on('mri', 'true', mri) }),
  });

  it.each([
    ['no study on file is due', '2025-06-01', undefined, 'met'],
    ['three months in the first two years', '2025-06-01', '2025-12-02', 'met'],
    ['not yet', '2025-06-01', '2025-12-03', 'not-met'],
    ['four months in the third year', '2023-12-01', '2025-12-01', 'not-met'],
    ['a year after that', '2020-01-01', '2025-03-02', 'met'],
    ['within the year', '2020-01-01', '2025-03-03', 'not-met'],
  ])('%s', (_, therapy, mri, expected) => {
    expect(outcomeOf(checked(policy, { facts: facts(therapy, mri) }))).toBe(expected);
  });

  it.each([
    ['the second year or the third: three months have passed, four have not', '2024', '2025-11-20', 'undetermined'],
    ['the same, and four months have passed', '2024', '2025-11-01', 'met'],
    ['the third year or a later one: four months have passed, a year has not', '2023', '2025-11-01', 'undetermined'],
    ['due in neither', '2023', '2025-12-15', 'not-met'],
    ['the second year for certain', '2024-04', '2025-11-20', 'met'],
  ])('a partial date of the treatment: %s', (_, therapy, mri, expected) => {
    expect(outcomeOf(checked(policy, { facts: facts(therapy, mri) })).split(':')[0]).toBe(expected);
  });

  it('that began at the earliest entry may have begun before it, when not all was seen', () => {
    const diagnosed = surveillance(
      '{ schedule: { last: mri, counted-from: therapy, from: earliest, bands: [{ until: 2 years, every: 3 months }, { every: 1 year }] } }',
    );
    const found = (mri: string, unseen: readonly string[]): string =>
      outcomeOf(checked(diagnosed, { facts: facts('2025-06-01', mri), unseen }));
    expect([found('2025-10-01', []), found('2025-10-01', ['therapy'])]).toEqual([
      'met',
      'undetermined: data-unavailable',
    ]);
    expect(found('2025-02-01', ['therapy'])).toBe('met');
    expect(found('2026-01-15', ['therapy'])).toBe('not-met');
  });

  it('says when the next one is due', () => {
    const found = checked(policy, { facts: facts('2025-06-01', '2026-01-15') });
    expect(found.earliest).toBe(on('x', 'true', '2026-04-15').when?.lo);
  });
});

describe('a passage that refers to every other indication (Cigna SP-16.2)', () => {
  const policy = tinyPolicy(`
indications:
  - { id: A, label: treated pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: tumor, cite: B, entry: tumor, studies: ["72158"] }
  - { id: Z, label: before a procedure, cite: Z, entry: procedure, criteria: { any-indication: { except: [Z] } } }`);

  it('takes the studies of what it finds', () => {
    expect(outcomeOf(checked(policy, { facts: { procedure: 'true', tumor: 'true' } }, '72158'))).toBe('met');
    const found = checked(policy, { facts: { procedure: 'true', tumor: 'true' } });
    expect([found.outcome, found.alternatives]).toEqual(['alternative', ['72158']]);
  });

  it('an indication that is not in play is none', () => {
    expect(outcomeOf(checked(policy, { facts: { procedure: 'true' } }))).toBe('not-met');
    expect(outcomeOf(checked(policy, { facts: { procedure: 'true', pain: 'true' } }))).toBe(
      'undetermined: documentation',
    );
  });

  it('says what the indications it waits for need, whatever study they name', () => {
    const contrast = tinyPolicy(`
indications:
  - { id: A, label: treated pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: W, label: contrast, cite: W, entry: procedure, studies: ["72149"], criteria: { any-indication: { except: [W] } } }`);
    const found = checked(contrast, { facts: { procedure: 'true', pain: 'true' } }, '72149');
    expect(found.paths.map((p) => [p.criterion, p.needs.map((n) => n.fact)])).toEqual([['A', ['treatment']]]);
  });
});

describe('groups (Cohere miscellaneous symptoms; non-indication with an exception)', () => {
  const policy = tinyPolicy(`
exclusions:
  - id: N1
    label: recent advanced imaging
    cite: N1
    if-unknown: ask
    criteria: { all: [{ fact: mri, within: 3 months }, { not: { any: [{ fact: treatment, since: { fact: mri } }, new-symptom] } }] }
    unless: first-ct-after-trauma
indications:
  - id: C6.1
    label: symptoms with care
    cite: C6.1
    entry: { any: [pain, weakness, numbness] }
    studies: ["72148"]
    criteria: { all: [{ any: [pain, weakness, numbness] }, { any: [{ all: [care-drug, care-therapy] }, severe-myelopathy] }] }`);

  it('one symptom does not do, nor half of the care', () => {
    const at = (facts: Stands): string => outcomeOf(checked(policy, { facts: { mri: 'false', ...facts } }));
    expect(at({ weakness: 'true' })).toBe('undetermined: documentation');
    expect(at({ weakness: 'true', 'care-drug': 'true', 'care-therapy': 'false', 'severe-myelopathy': 'false' })).toBe(
      'not-met',
    );
    expect(at({ weakness: 'true', 'care-drug': 'true', 'care-therapy': 'true' })).toBe('met');
    expect(at({ weakness: 'true', 'severe-myelopathy': 'true' })).toBe('met');
  });

  it('repeated imaging: silence on what changed opens the outcome, the exception lifts it', () => {
    const base: Stands = { pain: 'true', 'care-drug': 'true', 'care-therapy': 'true', mri: 'true' };
    expect(outcomeOf(checked(policy, { facts: base }))).toBe('undetermined: documentation');
    const unchanged: Stands = { ...base, treatment: 'false', 'new-symptom': 'false' };
    const asked = checked(policy, { facts: unchanged });
    expect([outcomeOf(asked), asked.missing.map((m) => m.fact)]).toEqual([
      'undetermined: documentation',
      ['first-ct-after-trauma'],
    ]);
    expect(outcomeOf(checked(policy, { facts: { ...unchanged, 'first-ct-after-trauma': 'false' } }))).toBe(
      'not-met: exclusion',
    );
    expect(outcomeOf(checked(policy, { facts: { ...base, 'new-symptom': 'true' } }))).toBe('met');
    expect(outcomeOf(checked(policy, { facts: { ...base, 'first-ct-after-trauma': 'true' } }))).toBe('met');
  });
});

describe('one passage for each region (Cigna SP-1.2)', () => {
  const policy = tinyPolicy(
    `
indications:
  - { id: R, label: weakness, cite: R, regions: [cervical, lumbar], screen: true, studies: [mri without, mri without-and-with], criteria: weakness }
  - { id: P, label: pain, cite: P, regions: [cervical, lumbar], entry: pain, studies: [mri without], criteria: treatment }`,
    'region: order\n',
  );
  const lumbarOnly: Stands = {
    weakness: (q) => (q.region === 'lumbar' ? 'true' : 'silent'),
    pain: (q) => (q.region === 'lumbar' ? 'true' : 'silent'),
  };

  it('names the studies of its region', () => {
    expect(outcomeOf(checked(policy, { facts: lumbarOnly }))).toBe('met');
    expect(outcomeOf(checked(policy, { facts: lumbarOnly }, '72158'))).toBe('met');
  });

  it('a weakness of the legs does not justify the neck', () => {
    expect(checked(policy, { facts: lumbarOnly }, '72141').outcome).not.toBe('met');
  });
});
