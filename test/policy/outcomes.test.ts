import { describe, expect, it } from 'vitest';
import { formatDay } from '../../src/dates/day.ts';
import { governs } from '../../src/policy/assess.ts';
import type { Assessment } from '../../src/policy/assessment.ts';
import {
  checked,
  day,
  factsBy,
  on,
  ordered,
  outcomeOf,
  type Stand,
  type Stands,
  tinyPolicy,
} from '../support/tiny-policy.ts';

const PATHS = `
indications:
  - { id: A, label: pain with treatment, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: infection, cite: B, entry: suspected infection, studies: ["72158"], criteria: fever }
`;

describe('precedence of outcomes', () => {
  const policy = tinyPolicy(`
exclusions:
  - { id: X, label: device, cite: X, if-unknown: ignore, criteria: device, unless: device-safe }
  - { id: Y, label: duplicate, cite: "Y", if-unknown: ask, criteria: { all: [recent-mri, { not: changed }] } }
${PATHS}`);

  it('met: a true path names the ordered study', () => {
    expect(outcomeOf(checked(policy, { facts: { pain: 'true', treatment: 'true', 'recent-mri': 'false' } }))).toBe(
      'met',
    );
  });

  it('alternative: only a path of another study is true', () => {
    const facts = { 'infection.suspected': 'true', fever: 'true', pain: 'true', 'recent-mri': 'false' } as const;
    const found = checked(policy, { facts });
    expect([outcomeOf(found), found.alternatives]).toEqual(['alternative', ['72158']]);
    expect(found.missing.map((m) => m.fact)).toEqual(['treatment']);
    expect(outcomeOf(checked(policy, { facts }, '72158'))).toBe('met');
  });

  it('alternative: a third study that is not met yet is not asked for', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: a, studies: ["72158"] }
  - { id: B, label: b, cite: B, entry: b, studies: ["72131"], criteria: c }`);
    const found = checked(policy, { facts: { a: 'true', b: 'true' } });
    expect([outcomeOf(found), found.paths, found.missing]).toEqual(['alternative', [], []]);
  });

  it('alternative: of an indication at several regions the study of the ordered region comes first', () => {
    const policy = tinyPolicy(
      `
indications:
  - { id: A, label: a, cite: A, entry: a, regions: [cervical, lumbar], studies: ["mri without"] }`,
      '',
    );
    const found = checked(policy, { facts: { a: 'true' } }, '72131');
    expect(found.alternatives).toEqual(['72148', '72141']);
  });

  it('not met: an exclusion goes before a true path', () => {
    const found = checked(policy, { facts: { pain: 'true', treatment: 'true', device: 'true' } });
    expect([outcomeOf(found), found.contradicted.map((c) => c.criterion)]).toEqual(['not-met: exclusion', ['X']]);
  });

  it('an exception lifts an exclusion; its silence does not', () => {
    const facts = { pain: 'true', treatment: 'true', device: 'true', 'recent-mri': 'false' } as const;
    expect(outcomeOf(checked(policy, { facts: { ...facts, 'device-safe': 'true' } }))).toBe('met');
    expect(outcomeOf(checked(policy, { facts: { ...facts, 'device-safe': 'silent' } }))).toBe('not-met: exclusion');
  });

  it('evidence for an exception that does not settle it leaves the exclusion open', () => {
    const facts = { pain: 'true', treatment: 'true', device: 'true', 'recent-mri': 'false' } as const;
    for (const stand of ['unclear', 'conflict'] as const)
      expect(outcomeOf(checked(policy, { facts: { ...facts, 'device-safe': stand } }))).toBe(
        'undetermined: documentation',
      );
  });

  it('statements on an exclusion that contradict each other leave it open; evidence that proves nothing does not', () => {
    const facts = { pain: 'true', treatment: 'true', 'device-safe': 'silent', 'recent-mri': 'false' } as const;
    const stands = (device: 'conflict' | 'unclear'): string =>
      outcomeOf(checked(policy, { facts: { ...facts, device } }));
    expect([stands('conflict'), stands('unclear')]).toEqual(['undetermined: conflict', 'met']);
  });

  it('an exception that could not be seen leaves the exclusion open', () => {
    const facts = { 'device-safe': 'incomplete', 'recent-mri': 'false', device: 'true' } as const;
    const indicated = { ...facts, pain: 'true', treatment: 'true' } as const;
    expect(outcomeOf(checked(policy, { facts: indicated }))).toBe('undetermined: data-unavailable');
    expect(outcomeOf(checked(policy, { facts: { ...indicated, treatment: 'false' } }))).toBe('not-met');
    const answers = { ...indicated, 'device-safe': 'silent' } as const;
    expect(outcomeOf(checked(policy, { facts: answers, unseen: ['device-safe'] }))).toBe(
      'undetermined: data-unavailable',
    );
    const unindicated = { ...facts, pain: 'silent', treatment: 'silent' } as const;
    expect(outcomeOf(checked(policy, { facts: unindicated }))).toBe('undetermined: data-unavailable');
    const harmless = { ...facts, device: 'silent', pain: 'true', treatment: 'true' } as const;
    expect(outcomeOf(checked(policy, { facts: harmless }))).toBe('met');
  });

  it('ignore: a silent contraindication blocks nothing; ask: a silent one opens a met', () => {
    const facts = { pain: 'true', treatment: 'true' } as const;
    const found = checked(policy, { facts: { ...facts, 'recent-mri': 'true' } });
    expect([outcomeOf(found), found.missing.map((m) => m.fact)]).toEqual(['undetermined: documentation', ['changed']]);
    expect(outcomeOf(checked(policy, { facts: { ...facts, 'recent-mri': 'true', changed: 'true' } }))).toBe('met');
    expect(outcomeOf(checked(policy, { facts: { ...facts, 'recent-mri': 'true', changed: 'false' } }))).toBe(
      'not-met: exclusion',
    );
  });
});

describe('an exclusion that asks only of what is on file', () => {
  const policy = tinyPolicy(`
exclusions:
  - id: X
    label: unsafe device
    cite: X
    if-unknown: ask-if-on-file
    criteria: { any: [{ not: { absent: unsafe } }, { all: [{ not: { absent: device } }, unsafe] }] }
    unless: cleared
${PATHS}`);
  const indicated = { pain: 'true', treatment: 'true' } as const;
  const given = (facts: Readonly<Record<string, Stand>>): string =>
    outcomeOf(checked(policy, { facts: { ...indicated, ...facts } }));

  it('ignores silence, and a part of the chart that was not seen', () => {
    expect(given({})).toBe('met');
    expect(given({ device: 'incomplete', unsafe: 'incomplete' })).toBe('met');
  });

  it('asks where something of it is on file, and blocks where it is documented', () => {
    expect(given({ device: 'true' })).toBe('undetermined: documentation');
    expect(given({ device: 'true', unsafe: 'incomplete' })).toBe('undetermined: data-unavailable');
    expect(given({ device: 'true', unsafe: 'false' })).toBe('met');
    expect(given({ unsafe: 'true' })).toBe('not-met: exclusion');
  });

  it('is lifted by a documented exception, not by silence about it', () => {
    expect(given({ unsafe: 'true', cleared: 'true' })).toBe('met');
    expect(given({ unsafe: 'true', cleared: 'silent' })).toBe('not-met: exclusion');
  });
});

describe('in play', () => {
  it('nothing in play is no indication, never not met', () => {
    expect(outcomeOf(checked(tinyPolicy(PATHS), {}))).toBe('undetermined: no-indication');
  });

  it('where nothing is in play, the indications of the ordered study are told, as far out as there are several', () => {
    const policy = tinyPolicy(`
indications:
  - id: T
    label: all of them
    cite: T
    paths:
      - { id: P, label: pain, cite: P, entry: pain, studies: ["72148"], paths: [
          { id: P1, label: treated, cite: P1, criteria: treatment }, { id: P2, label: changed, cite: P2, criteria: changed }] }
      - { id: S, label: surgery, cite: S, entry: surgery, paths: [
          { id: S1, label: before surgery, cite: S1, studies: ["72148"], criteria: response },
          { id: S2, label: after surgery, cite: S2, studies: ["72158"], criteria: treatment }] }
      - { id: F, label: fracture, cite: F, screen: true, studies: ["72148"], criteria: fracture-signs }`);
    expect(checked(policy, {}).indications).toEqual(['pain', 'before surgery']);
    expect(checked(policy, {}, '72158').indications).toEqual(['after surgery']);
    expect(checked(policy, { facts: { pain: 'true' } }).indications).toBeUndefined();
  });

  it('where nothing is in play, an indication is asked for of which the chart says something in particular', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: treated, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: infection, cite: B, entry: suspected infection, studies: ["72148"], criteria: fever }
  - { id: C, label: response, cite: C, entry: pain, studies: ["72148"], criteria: response }
  - { id: D, label: changed, cite: D, entry: pain, studies: ["72148"], criteria: changed }`);
    const found = checked(policy, { facts: { fever: 'true' } });
    expect([outcomeOf(found), found.paths.map((p) => p.criterion), found.missing.map((m) => m.fact)]).toEqual([
      'undetermined: no-indication',
      ['B'],
      ['infection.suspected'],
    ]);
    expect(checked(policy, {}).paths).toEqual([]);
    const other = checked(policy, { facts: { fever: 'true', pain: 'true' } });
    expect(other.paths.map((p) => p.criterion)).toEqual(['A', 'C', 'D']);
  });

  it('a path that is not in play keeps nothing open: every path in play is false', () => {
    expect(outcomeOf(checked(tinyPolicy(PATHS), { facts: { pain: 'true', treatment: 'false' } }))).toBe('not-met');
  });

  it('a refuted entry counts as in play and false', () => {
    expect(outcomeOf(checked(tinyPolicy(PATHS), { facts: { pain: 'false' } }))).toBe('not-met');
  });

  it('an entry of an incomplete section may be in play', () => {
    const facts = { pain: 'true', treatment: 'false', 'infection.suspected': 'incomplete' } as const;
    const found = checked(tinyPolicy(PATHS), { facts });
    expect([outcomeOf(found), found.sections]).toEqual(['undetermined: data-unavailable', ['Condition']]);
  });

  it('a path beside what it is about: a change of drug that is not on file keeps nothing open', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: treated, cite: A, entry: pain, criteria: treatment, studies: ["72148"] }
  - { id: C, label: changed drug, cite: C, entry: pain, about: drug-change, criteria: response, studies: ["72148"] }`);
    expect(outcomeOf(checked(policy, { facts: { pain: 'true', treatment: 'false' } }))).toBe('not-met');
    const open = { pain: 'true', treatment: 'false', 'drug-change': 'true' } as const;
    expect(outcomeOf(checked(policy, { facts: open }))).toBe('undetermined: documentation');
  });
});

describe('screens', () => {
  const policy = tinyPolicy(`
indications:
  - { id: A, label: treated pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: F, label: fracture, cite: F, screen: true, studies: ["72148"], criteria: fracture-signs, closed-by: [fracture] }`);

  it('keep an order open by silence', () => {
    const found = checked(policy, { facts: { pain: 'true', treatment: 'false' } });
    expect([outcomeOf(found), found.silentScreens]).toEqual(['undetermined: documentation', ['fracture']]);
  });

  it('alone are no indication', () => {
    expect(outcomeOf(checked(policy, {}))).toBe('undetermined: no-indication');
  });

  it('are closed by a refuted syndrome', () => {
    const facts = { pain: 'true', treatment: 'false', fracture: 'false' } as const;
    expect(outcomeOf(checked(policy, { facts }))).toBe('not-met');
  });

  it('are not ranked among the nearest paths without telling evidence', () => {
    const found = checked(policy, { facts: { pain: 'true' } });
    expect(found.paths.map((p) => p.criterion)).toEqual(['A']);
  });

  it('are not proposed because of the complaint itself', () => {
    const about = (symptom: string): readonly string[] =>
      checked(
        tinyPolicy(`
indications:
  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: pain, cite: B, entry: pain, studies: ["72148"], criteria: surgery }
  - { id: C, label: cancer, cite: C, screen: true, studies: ["72148"], criteria: { all: [cancer, ${symptom}] } }`),
        { facts: { pain: 'true', [symptom]: 'true' } },
      ).paths.map((p) => p.criterion);
    expect([about('complaint-pain'), about('night-pain')]).toEqual([
      ['A', 'B'],
      ['C', 'A', 'B'],
    ]);
  });

  it('are not proposed because of evidence against one of their signs', () => {
    const ways = (fever: 'true' | 'false'): readonly string[] =>
      checked(
        tinyPolicy(`
indications:
  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: pain, cite: B, entry: pain, studies: ["72148"], criteria: surgery }
  - { id: C, label: infection, cite: C, screen: true, studies: ["72148"], criteria: { all: [infection, { any: [fever, wound] }] } }`),
        { facts: { pain: 'true', fever } },
      ).paths.map((p) => p.criterion);
    expect([ways('false'), ways('true')]).toEqual([
      ['A', 'B'],
      ['C', 'A', 'B'],
    ]);
  });
});

describe('what was not retrieved', () => {
  const another = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: B, label: b, cite: B, entry: pain, studies: ["72158"], criteria: { all: [fever, { any: [infection, drug] }] } }`);
  const facts = { pain: 'true', treatment: 'true' } as const;
  it('may make the ordered study the one that is named', () => {
    const found = (fever: Stand, drug: Stand): string =>
      outcomeOf(checked(another, { facts: { ...facts, fever, drug } }, '72158'));
    expect(found('silent', 'silent')).toBe('alternative');
    expect(found('incomplete', 'true')).toBe('undetermined: data-unavailable');
    expect(found('true', 'incomplete')).toBe('undetermined: data-unavailable');
  });
  it('changes nothing where silence, that was seen, stands in the way', () => {
    expect(outcomeOf(checked(another, { facts: { ...facts, fever: 'silent', drug: 'incomplete' } }, '72158'))).toBe(
      'alternative',
    );
  });

  const exempt = tinyPolicy(`
exclusions:
  - { id: X, label: x, cite: X, if-unknown: ignore, criteria: planned, unless: { any-indication: {} } }
indications:
  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: treatment }`);
  it('may be an indication that lifts an exclusion', () => {
    const found = (treatment: Stand): string =>
      outcomeOf(checked(exempt, { facts: { pain: 'true', planned: 'true', treatment } }));
    expect(found('true')).toBe('met');
    expect(found('silent')).toBe('not-met: exclusion');
    expect(found('incomplete')).toBe('undetermined: data-unavailable');
  });

  const closable = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: pain, closed-by: [infection], studies: ["72148"], criteria: { any: [infection, fever] } }`);
  it('may speak for what an older negative closes', () => {
    const found = (fever: Stand): string =>
      outcomeOf(checked(closable, { facts: { pain: 'true', infection: 'false', fever } }));
    expect(found('silent')).toBe('not-met');
    expect(found('incomplete')).toBe('undetermined: data-unavailable');
  });
});

describe('an age', () => {
  const policy = tinyPolicy(
    `indications:\n  - { id: A, label: child, cite: A, entry: pain, studies: ["72148"], criteria: { age: "<= 21 years" } }`,
  );
  const found = (birth?: string): Assessment =>
    checked(policy, { facts: { pain: 'true' }, ...(birth !== undefined && { birth }) });

  it('that was not seen is told apart from one that nobody stated', () => {
    expect([outcomeOf(found()), found().sections]).toEqual(['undetermined: reviewer', []]);
    expect([outcomeOf(found('unseen')), found('unseen').sections]).toEqual([
      'undetermined: data-unavailable',
      ['Patient'],
    ]);
    expect(outcomeOf(found('2020-01-01'))).toBe('met');
  });
});

describe('nearest ways', () => {
  it('say for which study they are, when it is not the ordered one', () => {
    const policy = tinyPolicy(
      `indications:\n  - { id: A, label: a, cite: A, entry: pain, studies: ["72148", { study: "72131", when: mri-contraindicated }], criteria: treatment }`,
    );
    const others = (code: string) =>
      checked(policy, { facts: { pain: 'true' } }, code).paths.map((p) => p.otherStudies);
    expect([others('72148'), others('72158'), others('72131')]).toEqual([[undefined], [['72148']], [['72148']]]);
  });

  it('for what the chart is about are told without a red flag of another complaint of which a risk alone is on file', () => {
    const ways = (facts: Readonly<Record<string, 'true'>>, about = ''): readonly string[] =>
      checked(
        tinyPolicy(`
indications:
  - { id: C, label: infection, cite: C, entry: pain, ${about}screen: true, studies: ["72148"], criteria: { all: [immunosuppression, { any: [infection, fever] }] } }
  - { id: A, label: tumor, cite: A, entry: tumor, studies: ["72148"], criteria: { all: [treatment, surgery, stenosis] } }
  - { id: B, label: drug, cite: B, entry: drug, studies: ["72148"], criteria: response }
  - { id: D, label: claudication, cite: D, entry: claudication, studies: ["72148"], criteria: response }`),
        { facts },
      ).paths.map((p) => p.criterion);
    expect(ways({ tumor: 'true', immunosuppression: 'true' })).toEqual(['A']);
    expect(ways({ immunosuppression: 'true' })).toEqual(['C']);
    expect(ways({ tumor: 'true', immunosuppression: 'true', pain: 'true' })).toEqual(['C', 'A']);
    const all = { tumor: 'true', immunosuppression: 'true', fever: 'true' } as const;
    expect([ways(all), ways(all, 'about: pain, ')]).toEqual([
      ['C', 'A'],
      ['A', 'C'],
    ]);
  });

  it('name the other items of a list of which some are needed', () => {
    const policy = tinyPolicy(`
indications:
  - { id: C, label: infection, cite: C, entry: pain, studies: ["72148"], criteria: { at-least: 2, of: [fever, { any: [wound, tumor] }, { all: [surgery, planned] }, stenosis] } }`);
    const { missing } = checked(policy, { facts: { pain: 'true', fever: 'true', stenosis: 'false' } });
    expect(missing.map((m) => [m.fact, ...(m.instead ?? []).map((f) => f.fact)])).toEqual([['wound', 'tumor']]);
    const both = checked(policy, { facts: { pain: 'true', stenosis: 'true' } }).missing;
    expect(both.map((m) => [m.fact, ...(m.instead ?? []).map((f) => f.fact)])).toEqual([['fever', 'wound', 'tumor']]);
  });

  it('that lack less come first, even if what they lack is asked nowhere else', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: { all: [treatment, stenosis, claudication] } }
  - { id: B, label: b, cite: B, entry: pain, studies: ["72148"], criteria: { all: [surgery, stenosis, claudication] } }
  - { id: C, label: c, cite: C, entry: pain, studies: ["72148"], criteria: { all: [treatment, impairment] } }`);
    expect(checked(policy, { facts: { pain: 'true' } }).paths.map((p) => p.criterion)).toEqual(['C', 'A', 'B']);
  });
});

describe('ways by what they are about', () => {
  const policy = tinyPolicy(`
indications:
  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"], criteria: { all: [treatment, failure, visit] } }
  - { id: D, label: pain, cite: D, entry: pain, studies: ["72148"], criteria: do-therapy }
  - { id: I, label: infection, cite: I, screen: true, entry: suspected infection, studies: ["72148"], criteria: { all: [suspected infection, { any: [diabetes, deficit] }] } }
  - { id: W, label: weakness, cite: W, screen: true, entry: grade, studies: ["72148"], criteria: grade }`);
  const episode = { onset: { lo: day('2026-02-10'), hi: day('2026-02-10') }, evidence: [] };
  const ways = (facts: Stands): string =>
    checked(policy, { facts: { pain: 'true', 'do-therapy': 'false', ...facts }, episode })
      .paths.map((p) => p.criterion)
      .join();
  const RELATED: Stand = { truth: 'unknown', evidence: [], gap: 'silent', related: true };
  const refused: Stand = { truth: 'false', evidence: [], redoable: true };

  it('a related finding makes a red flag worth asking, before one of which nothing but a sign is on file', () => {
    expect(ways({ grade: RELATED })).toBe('W,A');
    expect(ways({ grade: RELATED, deficit: 'true' })).toBe('W,A,I');
  });

  it('a related finding alone is none without a complaint', () => {
    expect(ways({ pain: 'silent', grade: RELATED })).toBe('');
  });

  it('a red flag of which no more than an old disease is on file is told only where there is no other way', () => {
    expect(ways({ diabetes: on('diabetes', 'true', '2020-01-01'), 'do-therapy': refused })).toBe('A,D');
    expect(ways({ pain: 'silent', diabetes: on('diabetes', 'true', '2020-01-01') })).toBe('I');
    expect(ways({ deficit: on('deficit', 'true', '2026-02-20'), 'do-therapy': refused })).toBe('A,I,D');
  });

  it('what happened before the window that is asked about comes last', () => {
    const injured = tinyPolicy(`
indications:
  - { id: R, label: r, cite: R, entry: injury, studies: ["72148"], criteria: { fact: injury, within: 3 months } }
  - { id: F, label: f, cite: F, entry: injury, studies: ["72148"], criteria: { all: [failure, visit] } }`);
    const order = (reference: string): unknown => {
      const outside = { reference, date: '2025-10-01', label: 'outside of the time window' };
      const narrow: Stand = { truth: 'unknown', evidence: [], gap: 'silent', outdated: true, leads: [outside] };
      const facts: Stands = {
        injury: (q) => (q.within === undefined ? on('injury', 'true', '2025-10-01') : narrow),
      };
      return checked(injured, { facts }).paths.map((p) => p.criterion);
    };
    expect([order('Observation/injury'), order('Observation/another')]).toEqual([
      ['F', 'R'],
      ['R', 'F'],
    ]);
  });

  it('what lasts longer than the complaint comes last', () => {
    const chronic = tinyPolicy(`
indications:
  - { id: C, label: c, cite: C, entry: pain, studies: ["72148"], criteria: long-pain }
  - { id: F, label: f, cite: F, entry: pain, studies: ["72148"], criteria: { all: [failure, visit] } }`);
    const order = (onset: string): unknown =>
      checked(chronic, {
        facts: { pain: 'true' },
        episode: { onset: { lo: day(onset), hi: day(onset) }, evidence: [] },
      }).paths.map((p) => p.criterion);
    expect([order('2025-12-03'), order('2025-12-02')]).toEqual([
      ['F', 'C'],
      ['C', 'F'],
    ]);
  });
});

describe('what would do in the place of a need', () => {
  const needing = (criteria: string, facts: Stands = {}): Assessment =>
    checked(
      tinyPolicy(
        `indications:\n  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: ${criteria} }`,
      ),
      { facts: { pain: 'true', ...facts } },
    );
  const instead = ({ missing }: Assessment): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(missing.map((m) => [m.fact, (m.instead ?? []).map((f) => f.fact)]));

  it('is named of "two or more of" too, save what is asked for itself or denied', () => {
    const two = '{ at-least: 2, of: [fever, { any: [sedimentation, protein] }, drugs, bacteremia] }';
    expect(instead(needing(two, { drugs: 'true', bacteremia: 'false' }))).toEqual({
      fever: ['sedimentation', 'protein'],
    });
    expect(instead(needing(two))).toEqual({
      fever: ['drugs', 'bacteremia'],
      sedimentation: ['protein', 'drugs', 'bacteremia'],
    });
  });

  it('is told with the need when it is the same fact in another window that has begun', () => {
    const seen = '{ any: [{ fact: seen, within: 60 days }, { fact: seen, since: { fact: disease } }] }';
    const words = ({ paths, missing }: Assessment): readonly unknown[] => [
      paths[0]?.needs.map((n) => n.label),
      missing.map((m) => m.ask),
    ];
    expect(words(needing(seen, { 'disease.history': 'true' }))).toEqual([
      ['seen (within the last 60 days, or since disease)'],
      ['Is there seen (within the last 60 days, or since disease)?'],
    ]);
    expect(words(needing(seen))).toEqual([
      ['seen (within the last 60 days)'],
      ['Is there seen (within the last 60 days)?'],
    ]);
    const both = `{ all: [${seen}, { any: [{ fact: seen, within: 60 days }, { fact: seen, since: episode }] }] }`;
    expect(words(needing(both, { 'disease.history': 'true' }))).toEqual([
      ['seen (within the last 60 days, or in the current episode, or since disease)'],
      ['Is there seen (within the last 60 days, or in the current episode, or since disease)?'],
    ]);
  });
});

describe('a course of treatment that goes on', () => {
  const policy = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: { all: [care-course, { any: [failure, new-signs] }] } }
  - { id: B, label: b, cite: B, entry: pain, studies: ["72148"], criteria: { all: [care-course, stenosis] } }`);
  const going: Stand = { truth: 'unknown', evidence: [], gap: 'unclear', from: day('2026-04-01'), goesOn: true };

  it('is not asked for: the way says from when it can be', () => {
    const found = checked(policy, { facts: { pain: 'true', 'care-course': going } });
    expect(found.missing.map((m) => m.fact)).toEqual(['failure', 'stenosis']);
    expect(found.paths[0]).toMatchObject({ kind: 'wait', from: day('2026-04-01'), byTimeAlone: false });
  });

  it('is asked for all the same where it may have begun earlier', () => {
    const found = checked(policy, { facts: { pain: 'true', 'care-course': { ...going, goesOn: undefined } } });
    expect(found.missing.map((m) => m.fact)).toContain('care-course');
    expect(found.paths[0]).toMatchObject({ kind: 'document', from: day('2026-04-01') });
  });

  it('leaves nothing to ask where nothing else lacks, not even what would do by the same day', () => {
    const found = checked(policy, { facts: { pain: 'true', failure: 'true', 'care-course': going } });
    expect([found.missing, found.paths[0]?.byTimeAlone, found.earliest]).toEqual([[], true, day('2026-04-01')]);
  });

  it('is no matter for a reviewer, where a reviewer may settle the order too', () => {
    const reviewed = tinyPolicy(`
indications:
  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: care-course }
  - { id: R, label: r, cite: R, entry: pain, studies: ["72148"], criteria: { review: any other reason } }`);
    const found = checked(reviewed, { facts: { pain: 'true', 'care-course': going } });
    expect([outcomeOf(found), found.reviews?.length]).toEqual(['undetermined: documentation', 1]);
  });

  it('may be followed by what has to be done, which takes no longer', () => {
    const found = checked(
      tinyPolicy(
        `indications:\n  - { id: A, label: a, cite: A, entry: pain, studies: ["72148"], criteria: { all: [care-course, do-films] } }`,
      ),
      { facts: { pain: 'true', 'care-course': { ...going, from: day('2026-06-01') } } },
    );
    expect(found.paths[0]).not.toHaveProperty('startedNow');
    expect(found.paths[0]?.from).toBe(day('2026-06-01'));
  });
});

describe('studies under a condition', () => {
  const policy = tinyPolicy(`
indications:
  - id: A
    label: treated pain
    cite: A
    entry: pain
    criteria: treatment
    studies: ["72148", { study: "72131", when: mri-contraindicated }]`);
  const facts = { pain: 'true', treatment: 'true' } as const;

  it('count when the condition is true', () => {
    expect(outcomeOf(checked(policy, { facts: { ...facts, 'mri-contraindicated': 'true' } }, '72131'))).toBe('met');
  });

  it('else the unconditional study is the alternative', () => {
    const found = checked(policy, { facts }, '72131');
    expect([outcomeOf(found), found.alternatives]).toEqual(['alternative', ['72148']]);
  });

  it('a condition that could not be seen leaves the order open: no other study is proposed', () => {
    const found = checked(policy, { facts: { ...facts, 'mri-contraindicated': 'incomplete' } }, '72131');
    expect([outcomeOf(found), found.alternatives]).toEqual(['undetermined: data-unavailable', []]);
  });

  it('evidence that does not settle the condition leaves the order open', () => {
    const found = checked(policy, { facts: { ...facts, 'mri-contraindicated': 'unclear' } }, '72131');
    expect([outcomeOf(found), found.missing.map((m) => m.fact)]).toEqual([
      'undetermined: documentation',
      ['mri-contraindicated'],
    ]);
  });

  it('an exclusion of contrast codes names the study without contrast', () => {
    const contrast = tinyPolicy(`
exclusions:
  - { id: G, label: gadolinium allergy, cite: G, if-unknown: ignore, studies: ["72149", "72158"], criteria: allergy }
indications:
  - { id: A, label: tumor, cite: A, entry: tumor, studies: ["72148", "72158"] }`);
    const found = checked(contrast, { facts: { allergy: 'true', tumor: 'true' } }, '72158');
    expect([outcomeOf(found), found.alternatives]).toEqual(['not-met: exclusion', ['72148']]);
    expect(outcomeOf(checked(contrast, { facts: { allergy: 'true', tumor: 'true' } }))).toBe('met');
  });
});

describe('reasons of undetermined', () => {
  it('reviewer: only a reviewer or another document can settle it', () => {
    const policy = tinyPolicy(`
indications:
  - { id: R, label: left to review, cite: R, entry: pain, studies: ["72148"], criteria: { review: another guideline } }`);
    const found = checked(policy, { facts: { pain: 'true' } });
    expect(outcomeOf(found)).toBe('undetermined: reviewer');
    expect(found.reviews).toEqual([{ criterion: 'R', label: 'left to review', cite: 'R', what: 'another guideline' }]);
    // that the reviewer finds "not met" would be our guess
    expect(found.asDocumented).toBe('undetermined');
  });

  it('nothing is left to a reviewer before all else is there', () => {
    const policy = tinyPolicy(`
indications:
  - id: R
    label: r
    cite: R
    entry: pain
    studies: ["72148"]
    criteria: { any: [{ all: [surgery, { any: [changed, { review: no change }] }] }, failure] }`);
    const reviews = (facts: Stands): unknown => checked(policy, { facts: { pain: 'true', ...facts } }).reviews;
    expect(reviews({})).toBeUndefined();
    expect(reviews({ surgery: 'true' })).toBeUndefined();
    expect(reviews({ surgery: 'true', changed: 'false', failure: 'false' })).toMatchObject([{ what: 'no change' }]);
    expect(reviews({ surgery: 'false', changed: 'false', failure: 'false' })).toBeUndefined();
  });

  it('conflict and data that was not seen', () => {
    const policy = tinyPolicy(PATHS);
    const of = (stand: 'conflict' | 'incomplete'): string =>
      outcomeOf(checked(policy, { facts: { pain: 'true', treatment: stand } }));
    expect([of('conflict'), of('incomplete')]).toEqual(['undetermined: conflict', 'undetermined: data-unavailable']);
  });
});

describe('dates', () => {
  it('a text in force from a date is passed over before it', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"], criteria: treatment }
  - { id: N, label: new section, cite: N, from: "2026-03-01", entry: pain, studies: ["72148"], criteria: planned }`);
    const facts = { pain: 'true', treatment: 'false', planned: 'true' } as const;
    expect(outcomeOf(checked(policy, { facts, serviceDate: '2026-02-28' }))).toBe('not-met');
    expect(outcomeOf(checked(policy, { facts, serviceDate: '2026-03-01' }))).toBe('met');
  });

  it('earliest: the day on which time alone makes it met', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: lasting pain, cite: A, entry: pain, studies: ["72148"], criteria: { episode: "> 6 weeks" } }`);
    const onset = { lo: 20_500, hi: 20_500 };
    const found = checked(policy, {
      facts: { pain: 'true' },
      episode: { onset, evidence: [{ fact: 'episode-onset', basis: 'chart', reference: 'Condition/c', date: '2026' }] },
    });
    expect(outcomeOf(found)).toBe('not-met');
    expect(found.earliest === undefined ? '' : formatDay(found.earliest)).toBe(formatDay(20_500 + 43));
  });

  it('valid until: the last day on which every leaf of the path still holds', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: treated, cite: A, entry: pain, studies: ["72148"], criteria: { all: [films, visit] } }`);
    const found = checked(policy, {
      facts: {
        pain: 'true',
        films: on('films', 'true', '2026-02-01', { until: 20_540 }),
        visit: on('visit', 'true', '2026-02-01', { until: 20_530 }),
      },
    });
    expect([outcomeOf(found), found.validUntil]).toEqual(['met', 20_530]);
  });

  it('valid until: the day before what must be absent is found to be old enough to speak against it', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: first image, cite: A, entry: pain, studies: ["72148"], criteria: { absent: tumor } }
  - { id: B, label: an image before, cite: B, entry: pain, studies: ["72148"], criteria: { not: { absent: films } } }`);
    const young = checked(policy, {
      facts: { pain: 'true', tumor: on('tumor', 'false', '2026-01-01', { from: 20_600 }) },
    });
    expect([outcomeOf(young), young.validUntil]).toEqual(['met', 20_599]);
    const films = on('films', 'true', '2026-01-01', { until: 20_540 });
    const seen = checked(policy, { facts: { pain: 'true', tumor: 'true', films } });
    expect([outcomeOf(seen), seen.validUntil]).toEqual(['met', 20_540]);
  });

  it('valid until: an exception that lapses matters only as long as its exclusion', () => {
    const policy = tinyPolicy(`
exclusions:
  - { id: X, label: imaged lately, cite: X, if-unknown: ask, criteria: visit, unless: films }
indications:
  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"] }`);
    const until = (visit: number, films: number): number | undefined =>
      checked(policy, {
        facts: {
          pain: 'true',
          visit: on('visit', 'true', '2026-02-01', { until: visit }),
          films: on('films', 'true', '2026-02-01', { until: films }),
        },
      }).validUntil;
    expect([until(20_600, 20_550), until(20_550, 20_550), until(20_550, 20_600)]).toEqual([
      20_550,
      undefined,
      undefined,
    ]);
  });

  it('a film that was not taken is something to do, with the day on which it could be true', () => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: treated, cite: A, entry: pain, studies: ["72148"], criteria: { any: [do-therapy, x] } }`);
    const found = checked(policy, {
      facts: { pain: 'true', x: 'false', 'do-therapy': on('do-therapy', 'false', '2026-02-20', { redoable: true }) },
    });
    expect(found.outcome).toBe('not-met');
    const open = checked(policy, { facts: { pain: 'true', x: 'false' } });
    expect(open.paths[0]?.startedNow === undefined ? '' : formatDay(open.paths[0].startedNow)).toBe('2026-04-13');
  });

  it.each([
    ['at most three months', '{ episode: "<= 3 months" }'],
    ['not more than three months', '{ not: { episode: "> 3 months" } }'],
  ])('what is started now may come too late for an episode of %s', (_, limit) => {
    const policy = tinyPolicy(`
indications:
  - { id: A, label: treated in time, cite: A, entry: pain, studies: ["72148"], criteria: { all: [${limit}, do-therapy] } }`);
    const open = (onset: string): readonly (string | undefined)[] => {
      const found = checked(policy, {
        facts: { pain: 'true' },
        // nothing on file says that it goes on for longer, but the next visit will
        episode: { onset: { lo: day(onset), hi: day(onset) }, until: day('2026-03-15'), evidence: [] },
      });
      const [path] = found.paths;
      return [path?.openUntil, path?.startedNow].map((d) => (d === undefined ? undefined : formatDay(d)));
    };
    expect(open('2026-02-01')).toEqual([undefined, '2026-04-13']);
    expect(open('2026-01-01')).toEqual(['2026-04-01', '2026-04-13']);
  });
});

describe('studies of many parts of the body', () => {
  const policy = tinyPolicy(`
governs-when:
  - { studies: ["72131"], criteria: pain }
${PATHS}`);

  it('are governed only when the criterion is on file', () => {
    expect(governs(policy, ordered('72131'), factsBy({ facts: { pain: 'true' } }))).toBe(true);
    expect(governs(policy, ordered('72131'), factsBy({}))).toBe(false);
    expect(governs(policy, ordered('72131'), factsBy({ facts: { pain: 'false' } }))).toBe(false);
  });

  it('other studies always are', () => {
    expect(governs(policy, ordered('72148'), factsBy({}))).toBe(true);
  });

  it('have to be among the governed ones', () => {
    expect(() => tinyPolicy(`governs-when: [{ studies: ["70551"], criteria: pain }]\n${PATHS}`)).toThrow(
      /70551 is not governed/,
    );
  });
});

describe('passages that rest on a red flag', () => {
  const policy = tinyPolicy(`
indications:
  - { id: A, label: slip and treatment, cite: A, entry: slip, studies: ["72148"], criteria: { all: [treatment, failure] } }
  - { id: R, label: slip and red flag, cite: R, red-flag: true, entry: slip, studies: ["72148"], criteria: { any: [weakness, retention, result-of-film] } }
  - { id: Z, label: pain, cite: Z, entry: pain, studies: ["72148"], criteria: care }
  - { id: Y, label: fever, cite: "Y", entry: fever, studies: ["72148"], criteria: care }`);
  const proposed = (facts: Record<string, 'true' | 'unclear'>): readonly string[] =>
    checked(policy, { facts: { slip: 'true', ...facts } }).paths.map((p) => p.criterion);

  it('are proposed only when the chart speaks of one', () => {
    expect(proposed({})).toEqual(['A']);
    expect(proposed({ weakness: 'unclear' })).toContain('R');
    expect(outcomeOf(checked(policy, { facts: { slip: 'true', weakness: 'true' } }))).toBe('met');
  });

  it('are not proposed for an examination whose result cannot be read', () => {
    expect(proposed({ 'result-of-film': 'unclear' })).toEqual(['A']);
  });
});
