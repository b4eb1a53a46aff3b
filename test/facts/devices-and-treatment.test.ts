import { describe, expect, it } from 'vitest';
import { ask, concept, type Resource, SUBJECT } from '../support/tiny-facts.ts';

const device = (type: string, safety?: string, status = 'active'): Resource => ({
  resourceType: 'Device',
  status,
  type: concept(type),
  patient: SUBJECT,
  ...(safety !== undefined && { safety: [concept(safety)] }),
});
const PACEMAKER = 'snomed 14106009';
const UNSAFE = 'mrsafety C106047';
const CONDITIONAL = 'mrsafety C106046';

describe('device ratings', () => {
  const unsafe =
    'evidence: [{ device: { codes: [active-implant], safety: [mr-unsafe], cleared-by: [mr-safe, mr-conditional] } }]';
  it('one unsafe device suffices', () => {
    expect(ask(unsafe, [device(PACEMAKER, CONDITIONAL), device(PACEMAKER, UNSAFE)]).truth).toBe('true');
  });
  it('devices that are all cleared speak against', () => {
    expect(ask(unsafe, [device(PACEMAKER, CONDITIONAL)]).truth).toBe('false');
  });
  it('a device without a rating leaves it open', () => {
    expect(ask(unsafe, [device(PACEMAKER, CONDITIONAL), device(PACEMAKER)])).toMatchObject({
      truth: 'unknown',
      gap: 'unclear',
    });
  });
  it('a device that only its name tells leaves it open', () => {
    const named = { ...device(PACEMAKER), type: undefined, deviceName: [{ name: 'PACEMAKER DUAL CHAMBER' }] };
    expect(ask('evidence: [{ device: { codes: [pacemaker] } }]', [named])).toMatchObject({
      truth: 'unknown',
      gap: 'unclear',
    });
  });
  it('a device that is no longer in place does not count', () => {
    expect(ask(unsafe, [device(PACEMAKER, UNSAFE, 'inactive')]).truth).toBe('unknown');
  });
});

describe('words of a device about its safety in MR', () => {
  const rated = (members: object): object =>
    ask('evidence: [{ device: { codes: [pacemaker], rated-as: [mr-safe, mr-conditional] } }]', [
      { ...device(PACEMAKER), ...members },
    ]);
  const open = { truth: 'unknown', gap: 'unclear' };
  it.each([
    ['a note', { note: [{ text: 'MR conditional at 1.5 T' }] }],
    ['its name', { deviceName: [{ name: 'Azure XT DR MRI SureScan' }] }],
    ['a property', { property: [{ type: { text: 'MRI safety' }, valueCode: [{ text: 'conditional' }] }] }],
    ['a rating without a code', { safety: [{ text: 'conditional' }] }],
  ])('%s leaves it open', (_, members) => {
    expect(rated(members)).toMatchObject(open);
  });
  it.each([
    ['other words', { note: [{ text: 'implanted for heart block' }] }],
    ['words that say that it is not safe', { note: [{ text: 'MRI unsafe' }] }],
    ['a name that says so', { deviceName: [{ name: 'Kappa 401 (non-MR conditional)' }] }],
    ['a property that says so', { property: [{ type: { text: 'MRI safety' }, valueCode: [{ text: 'Unsafe' }] }] }],
  ])('%s are silence', (_, members) => {
    expect(rated(members)).not.toMatchObject(open);
  });
});

describe('a procedure that undoes another', () => {
  const present =
    'evidence: [{ procedure: { codes: [pacemaker], undone-by: [pacemaker-removal], regional: false } }, { device: { codes: [pacemaker] } }]';
  const done = (code: string, performedDateTime?: string): Resource => ({
    resourceType: 'Procedure',
    status: 'completed',
    code: concept(code),
    ...(performedDateTime !== undefined && { performedDateTime }),
  });
  const truth = (removed: string | undefined, ...more: readonly Resource[]): unknown => {
    const { truth, gap } = ask(present, [done('cpt 33208', '2020-05-04'), done('cpt 33235', removed), ...more]);
    return gap ?? truth;
  };
  it('says no when it came later, and nothing when it came before or on the same day', () => {
    expect(truth('2021-01-01')).toBe('false');
    expect(truth('2019-01-01')).toBe('true');
    expect(truth('2020-05-04')).toBe('true');
  });
  it('leaves it open when it is not certain that it came later', () => {
    expect(truth(undefined)).toBe('conflict');
    expect(truth('2020')).toBe('conflict');
    expect(truth('2020-05')).toBe('conflict');
    const ofSomeDay = (inserted?: string): unknown => {
      const { truth, gap } = ask(present, [done('cpt 33208', inserted), done('cpt 33235', '2020')]);
      return gap ?? truth;
    };
    expect([ofSomeDay('2020'), ofSomeDay('2019'), ofSomeDay('2021'), ofSomeDay()]).toEqual([
      'conflict',
      'false',
      'true',
      'conflict',
    ]);
  });
  it('shows both sides then', () => {
    const { sides } = ask(present, [done('cpt 33208', '2020-05-04'), done('cpt 33235')]);
    expect([sides?.yes.length, sides?.no.length]).toEqual([1, 1]);
  });
  it('leaves it open beside a device that is listed as present, not beside one that is not', () => {
    expect(truth('2021-01-01', device(PACEMAKER))).toBe('conflict');
    expect(truth('2021-01-01', device(PACEMAKER, undefined, 'inactive'))).toBe('false');
  });
});

const therapy = (date: string, reason?: string, status = 'completed'): Resource => ({
  resourceType: 'Procedure',
  status,
  code: concept('cpt 97110'),
  performedDateTime: date,
  ...(reason !== undefined && { reasonCode: [concept(reason)] }),
});

describe('placed procedures', () => {
  const placed = 'evidence: [{ procedure: { codes: [physical-therapy], placed: true } }]';
  it('need a region or a spine problem', () => {
    expect(ask(placed, [therapy('2026-02-01', 'icd M54.50')]).truth).toBe('true');
    expect(ask(placed, [therapy('2026-02-01', 'icd M54.9')]).truth).toBe('true');
    expect(ask(placed, [therapy('2026-02-01')])).toMatchObject({ truth: 'unknown', gap: 'unclear' });
    expect(ask(placed, [therapy('2026-02-01', 'icd M25.561')]).truth).toBe('unknown');
  });
});

describe('placed procedures without a reason', () => {
  const placed = 'evidence: [{ procedure: { codes: [physical-therapy], placed: true } }]';
  const visit = (status: string, ...reasons: string[]): Resource => ({
    resourceType: 'Encounter',
    id: 'v1',
    status,
    period: { start: '2026-02-01' },
    reasonCode: reasons.map(concept),
  });
  const at = (of: Resource, reason?: string): Resource => ({
    ...of,
    encounter: { reference: `Encounter/${reason ?? 'v1'}` },
  });

  it('take that of a visit for the spine', () => {
    expect(ask(placed, [visit('finished', 'icd M54.50'), at(therapy('2026-02-01'))]).truth).toBe('true');
    expect(ask(placed, [visit('finished', 'icd M54.2'), at(therapy('2026-02-01'))]).truth).toBe('unknown');
  });
  it('take none of a visit for another problem, for several, or of another or a cancelled visit', () => {
    const open = { truth: 'unknown', gap: 'unclear' };
    expect(ask(placed, [visit('finished', 'icd M25.561'), at(therapy('2026-02-01'))])).toMatchObject(open);
    expect(ask(placed, [visit('finished', 'icd M54.50', 'icd M25.561'), at(therapy('2026-02-01'))])).toMatchObject(
      open,
    );
    expect(ask(placed, [visit('finished', 'icd M54.50'), at(therapy('2026-02-01'), 'v2')])).toMatchObject(open);
    expect(ask(placed, [visit('cancelled', 'icd M54.50'), at(therapy('2026-02-01'))])).toMatchObject(open);
  });
  it('take that of the diagnoses which say that they were made at the visit', () => {
    const made = (code: string, certainty = 'confirmed'): Resource => ({
      resourceType: 'Condition',
      verificationStatus: { coding: [{ code: certainty }] },
      code: concept(code),
      encounter: { reference: 'Encounter/v1' },
    });
    const { reasonCode: _reasonCode, ...bare } = visit('finished');
    const inWords = { ...bare, reasonCode: [{ text: 'Back pain' }] };
    const open = { truth: 'unknown', gap: 'unclear' };
    expect(ask(placed, [bare, made('icd M54.50'), at(therapy('2026-02-01'))]).truth).toBe('true');
    expect(ask(placed, [inWords, made('icd M54.50'), at(therapy('2026-02-01'))]).truth).toBe('true');
    expect(ask(placed, [bare, made('icd M54.50', 'refuted'), at(therapy('2026-02-01'))])).toMatchObject(open);
    expect(ask(placed, [bare, made('icd M25.561'), at(therapy('2026-02-01'))])).toMatchObject(open);
    const several = [bare, made('icd M54.50'), made('icd M25.561'), at(therapy('2026-02-01'))];
    expect(ask(placed, several)).toMatchObject(open);
  });
  it('keep a reason of their own', () => {
    const knee = at(therapy('2026-02-01', 'icd M25.561'));
    expect(ask(placed, [visit('finished', 'icd M54.50'), knee]).truth).toBe('unknown');
  });
});

describe('refusal of a course', () => {
  const course = (refusal: string): string =>
    `evidence: [{ course: { therapies: [physical-therapy], drugs: [analgesic], at-least: 42 days, including: [{ label: therapy, of: [pt-treatment] }]${refusal} } }]`;
  const declined = { ...therapy('2026-02-01', 'icd M54.50', 'not-done'), code: concept('cpt 97161') };
  it('is that of a therapy of the including groups, or of the therapies named', () => {
    expect(ask(course(''), [declined]).truth).toBe('unknown');
    expect(ask(course(', refusal: [physical-therapy]'), [declined]).truth).toBe('false');
  });
});

describe('a course of two kinds of treatment', () => {
  const both =
    'evidence: [{ course: { therapies: [physical-therapy], drugs: [analgesic], at-least: 42 days, including: [{ label: therapy, of: [pt-treatment] }, { label: medication, of: [analgesic] }] } }]';
  const visits = (...dates: string[]): readonly Resource[] => dates.map((d) => therapy(d, 'icd M54.50'));
  const leads = (chart: readonly Resource[]): readonly string[] => [
    ...new Set(ask(both, chart).leads?.map((l) => l.label)),
  ];
  it('tells what is lacking where it is long enough', () => {
    expect(leads(visits('2026-01-05', '2026-01-26', '2026-02-20'))).toEqual([
      'treatment on file, long enough, but without medication',
    ]);
  });
  it('tells first that it is too short', () => {
    expect(leads(visits('2026-02-09', '2026-02-20'))).toEqual(['treatment on file, not a course of this length']);
  });
});
