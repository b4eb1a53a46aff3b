import { describe, expect, it } from 'vitest';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { condition, pain, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2026-01-20');
const verified = (code: string): object => ({ verificationStatus: { coding: [{ code }] } });
const FACT = 'https://payer-policy-cds.example.org/fhir/CodeSystem/fact';
const answer = (fact: string, yes: boolean, date: string, members: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: FACT, code: fact }] },
  valueBoolean: yes,
  effectiveDateTime: date,
  performer: [{ reference: 'Practitioner/doc' }],
  ...members,
});
const infection = (date: string, status: string, code = 'icd M46.46'): Resource =>
  condition(code, { recordedDate: date, ...verified(status) });
const known = (...resources: readonly Resource[]): string => value('spinal-infection', [PAIN, ...resources]).truth;
const suspected = (...resources: readonly Resource[]): string =>
  value('spinal-infection', [PAIN, ...resources], { certainty: 'suspected' }).truth;

describe('known, suspected, history', () => {
  it('a confirmed entry is known; a provisional one is a suspicion', () => {
    expect(known(infection('2026-02-20', 'confirmed'))).toBe('true');
    for (const status of ['provisional', 'differential', 'unconfirmed']) {
      expect(known(infection('2026-02-20', status)), status).toBe('unknown');
      expect(suspected(infection('2026-02-20', status)), status).toBe('true');
    }
  });
  it('a reason of the order is a suspicion of the day of the order', () => {
    const order = { resourceType: 'ServiceRequest', reasonCode: [concept('icd M46.46')] };
    const ask = (certainty: 'known' | 'suspected'): string =>
      value('spinal-infection', [PAIN], { certainty }, { order }).truth;
    expect(ask('known')).toBe('unknown');
    expect(ask('suspected')).toBe('true');
  });
  it('a suspicion lasts for six months, and longer when a visit or the order takes it up', () => {
    const old = infection('2025-08-20', 'provisional');
    expect(suspected(infection('2025-09-05', 'provisional'))).toBe('true');
    expect(suspected(old)).toBe('unknown');
    expect(suspected(infection('2025-08-20', 'confirmed'))).toBe('true');
    expect(suspected(old, visit('2026-02-01', 'icd M46.46'))).toBe('true');
    expect(suspected(old, visit('2026-02-01', 'icd M54.50'))).toBe('unknown');
    const order = { resourceType: 'ServiceRequest', reasonCode: [concept('icd M46.46')] };
    expect(value('spinal-infection', [PAIN, old], { certainty: 'suspected' }, { order }).truth).toBe('true');
    expect(value('spinal-infection', [PAIN, old], { certainty: 'suspected' }).leads).toMatchObject([
      { label: 'suspected long ago, and not taken up since' },
    ]);
  });
  it('a suspicion is answered by a normal MRI of the region, until it is taken up again', () => {
    const mri = (code: string, date: string, result: string): Resource => ({
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: concept(code),
      effectiveDateTime: date,
      conclusionCode: [concept(result)],
    });
    const NORMAL = 'snomed 281900007';
    const discitis = infection('2026-02-01', 'provisional');
    expect(suspected(discitis, mri('cpt 72148', '2026-02-10', NORMAL))).toBe('unknown');
    expect(suspected(discitis, mri('cpt 72148', '2026-02-01', NORMAL))).toBe('unknown');
    expect(suspected(discitis, mri('cpt 72148', '2026-01-31', NORMAL))).toBe('true');
    expect(suspected(discitis, mri('cpt 72141', '2026-02-10', NORMAL))).toBe('true');
    expect(suspected(discitis, mri('cpt 72100', '2026-02-10', NORMAL))).toBe('true');
    expect(suspected(discitis, mri('cpt 72148', '2026-02-10', 'icd M51.360'))).toBe('true');
    expect(suspected(discitis, mri('cpt 72148', '2026-02-10', NORMAL), visit('2026-02-20', 'icd M46.46'))).toBe('true');
    expect(suspected(infection('2026-02-01', 'confirmed'), mri('cpt 72148', '2026-02-10', NORMAL))).toBe('true');
  });
  it('a resolved entry is history', () => {
    const past = condition('icd C61', {
      onsetDateTime: '2019-01-01',
      clinicalStatus: { coding: [{ code: 'resolved' }] },
    });
    expect(value('cancer', [past]).truth).toBe('unknown');
    expect(value('cancer', [past], { certainty: 'history' }).truth).toBe('true');
    expect(value('cancer', [condition('icd Z85.46')], { certainty: 'history' }).truth).toBe('true');
    expect(value('cancer', [condition('icd Z85.46')]).truth).toBe('unknown');
  });
  it('family history proves nothing', () => {
    const family: Resource = { resourceType: 'FamilyMemberHistory', condition: [{ code: concept('icd C61') }] };
    for (const resource of [family, condition('icd Z80.42')])
      expect(value('cancer', [resource], { certainty: 'history' }).truth).toBe('unknown');
  });
  it('words prove nothing', () => {
    const worded = { resourceType: 'Condition', code: { text: 'Discitis L4/5' }, note: [{ text: 'MRI: discitis' }] };
    expect(suspected(worded)).toBe('unknown');
  });
});

describe('two entries on the same finding', () => {
  it('the later one counts', () => {
    expect(suspected(infection('2026-02-10', 'provisional'), infection('2026-02-20', 'refuted'))).toBe('false');
    expect(suspected(infection('2026-02-20', 'provisional'), infection('2026-02-10', 'refuted'))).toBe('true');
  });
  it('on the same day they are a conflict', () => {
    const both = [infection('2026-02-20', 'provisional'), infection('2026-02-20', 'refuted')];
    expect(value('spinal-infection', [PAIN, ...both], { certainty: 'suspected' })).toMatchObject({
      truth: 'unknown',
      gap: 'conflict',
    });
  });
  it('a refuted code does not undo another one', () => {
    expect(suspected(infection('2026-02-10', 'provisional', 'icd G06.1'), infection('2026-02-20', 'refuted'))).toBe(
      'true',
    );
  });
  it('a refutation alone is a documented negative', () => {
    expect(suspected(infection('2026-02-20', 'refuted'))).toBe('false');
    expect(suspected(infection('2024-02-20', 'refuted'))).toBe('unknown');
    expect(suspected(infection('2026-03-03', 'refuted'))).toBe('unknown');
  });
  it('of two measurements the later one counts', () => {
    const esr = (date: string, points: number): Resource => ({
      resourceType: 'Observation',
      status: 'final',
      code: concept('loinc 4537-7'),
      effectiveDateTime: date,
      valueQuantity: { value: points, code: 'mm/h' },
      referenceRange: [{ low: { value: 0 }, high: { value: 20 } }],
    });
    const raised = (...all: readonly Resource[]): string => value('elevated-esr-or-crp', all).truth;
    expect(raised(esr('2026-02-10', 70), esr('2026-02-20', 8))).toBe('false');
    expect(raised(esr('2026-02-10', 8), esr('2026-02-20', 70))).toBe('true');
    expect(raised(esr('2026-02-20', 70), esr('2026-03-03', 8))).toBe('true');
    expect(raised(esr('2025-06-01', 70))).toBe('unknown');
  });
});

describe('a clinician’s answer', () => {
  const fever = (...resources: readonly Resource[]): string => value('fever', resources).truth;
  it('settles what the chart is silent on', () => {
    expect(fever(answer('fever', true, '2026-02-28'))).toBe('true');
    expect(fever(answer('fever', false, '2026-02-28'))).toBe('false');
  });
  it('counts when final, of this patient, by a practitioner, in the window of the fact', () => {
    for (const members of [
      { status: 'preliminary' },
      { status: 'entered-in-error' },
      { subject: { reference: 'Patient/p2' } },
      { performer: [{ reference: 'Patient/p1' }] },
      { performer: [] },
      { effectiveDateTime: '2026-02-01' },
      { effectiveDateTime: '2026-03-03' },
      { code: { coding: [{ system: 'http://other.example.org', code: 'fever' }] } },
    ])
      expect(fever(answer('fever', true, '2026-02-28', members)), JSON.stringify(members)).toBe('unknown');
    for (const status of ['final', 'amended', 'corrected'])
      expect(fever(answer('fever', true, '2026-02-28', { status })), status).toBe('true');
    const role = { performer: [{ reference: 'PractitionerRole/r' }] };
    expect(fever(answer('fever', true, '2026-02-28', role))).toBe('true');
  });
  it('never overrides later evidence of the chart, and the conflict is told', () => {
    const charted = condition('icd R50.9', { onsetDateTime: '2026-03-01', recordedDate: '2026-03-01' });
    const later = value('fever', [charted, answer('fever', false, '2026-02-28')]);
    expect(later).toMatchObject({ truth: 'true', conflicts: [{ basis: 'attested' }] });
    const earlier = condition('icd R50.9', { onsetDateTime: '2026-02-20', recordedDate: '2026-02-20' });
    expect(value('fever', [earlier, answer('fever', false, '2026-02-28')])).toMatchObject({
      truth: 'false',
      conflicts: [{ basis: 'chart' }],
    });
  });
  it('the latest of several answers counts', () => {
    expect(fever(answer('fever', true, '2026-02-25'), answer('fever', false, '2026-02-28'))).toBe('false');
  });
  it('of two answers about one day the one that was given later counts, else they are a conflict', () => {
    const at = (yes: boolean, time: string): Resource => answer('fever', yes, `2026-02-28T${time}:00Z`);
    expect(fever(at(true, '09:00'), at(false, '17:00'))).toBe('false');
    expect(fever(at(false, '09:00'), at(true, '17:00'))).toBe('true');
    for (const both of [
      [answer('fever', true, '2026-02-28'), answer('fever', false, '2026-02-28')],
      [answer('fever', false, '2026-02-28'), answer('fever', true, '2026-02-28')],
    ]) {
      const found = value('fever', both);
      expect(found).toMatchObject({ truth: 'unknown', gap: 'conflict' });
      expect(found.conflicts).toHaveLength(2);
      const later = condition('icd R50.9', { onsetDateTime: '2026-03-01', recordedDate: '2026-03-01' });
      expect(fever(...both, later)).toBe('true');
      const earlier = condition('icd R50.9', { onsetDateTime: '2026-02-25', recordedDate: '2026-02-25' });
      expect(fever(...both, earlier)).toBe('unknown');
    }
    expect(fever(answer('fever', true, '2026-02-28'), answer('fever', true, '2026-02-28'))).toBe('true');
  });
  it('of "no" on the day of the order holds since every event, also one that nobody has dated', () => {
    const films = (yes: boolean, date: string): string =>
      value('plain-films', [PAIN, answer('plain-films', yes, date)], { since: { fact: 'accident' } }).truth;
    expect(films(false, '2026-03-02')).toBe('false');
    expect(films(false, '2026-03-01')).toBe('unknown');
    expect(films(false, '2026-03')).toBe('unknown');
    expect(films(true, '2026-03-02')).toBe('unknown');
  });
  it('that is neither yes nor no leaves the one before it', () => {
    const dated = { ...answer('fever', true, '2026-03-01'), valueBoolean: undefined, valueDateTime: '2026-03-01' };
    expect(fever(answer('fever', true, '2026-02-28'), dated)).toBe('true');
  });
  it('of how the episode went does not count from before it', () => {
    const ask = (date: string): string =>
      value('no-significant-improvement', [PAIN, answer('no-significant-improvement', true, date)]).truth;
    expect(ask('2026-02-28')).toBe('true');
    expect(ask('2025-12-01')).toBe('unknown');
    expect(ask('2011-02-28')).toBe('unknown');
  });
  it('about what passes does not count for ever, nor does one to a question made of others reach back farther than they do', () => {
    const ask = (fact: string, date: string): string => value(fact, [answer(fact, true, date)]).truth;
    expect(ask('infection-labs', '2026-02-10')).toBe('true');
    expect(ask('infection-labs', '2025-10-01')).toBe('unknown');
    expect(ask('unexaminable', '2026-02-25')).toBe('true');
    expect(ask('unexaminable', '2026-01-25')).toBe('unknown');
    expect(ask('no-better-with-rest', '2026-02-10')).toBe('true');
    expect(ask('no-better-with-rest', '2011-02-10')).toBe('unknown');
    // one of the alternatives lasts
    expect(ask('immunosuppression', '2015-10-01')).toBe('true');
  });
  it('of a suspicion is none of today when it was stated more than six months ago', () => {
    const ask = (yes: boolean, date: string, members: object = {}): string =>
      value('spinal-malignancy', [answer('spinal-malignancy.suspected', yes, date, members)], {
        certainty: 'suspected',
      }).truth;
    expect(ask(true, '2025-10-01')).toBe('true');
    expect(ask(true, '2025-08-01')).toBe('unknown');
    expect(ask(false, '2011-08-01')).toBe('unknown');
    // it began then, and is stated now
    expect(ask(true, '2025-08-01', { issued: '2026-03-02T09:00:00Z' })).toBe('true');
  });
  it('of "no" does not deny what came after it, where that may be on file', () => {
    const device = (...resources: readonly Resource[]): string => value('cardiac-pacemaker', resources).truth;
    const inWords: Resource = {
      resourceType: 'Device',
      status: 'active',
      type: { coding: [{ system: 'http://local.example.org', code: 'x', display: 'cardiac pacemaker' }] },
      patient: { reference: 'Patient/p1' },
    };
    expect(device(inWords)).toBe('unknown');
    expect(device(inWords, answer('cardiac-pacemaker', false, '2026-03-01'))).toBe('false');
    expect(device(inWords, answer('cardiac-pacemaker', false, '2019-03-01'))).toBe('unknown');
    const restated = { issued: '2026-03-02T09:00:00Z' };
    expect(device(inWords, answer('cardiac-pacemaker', false, '2019-03-01', restated))).toBe('false');
    const states = { DiagnosticReport: 'truncated', Procedure: 'failed', ImagingStudy: 'failed' } as const;
    const mri = (date: string): string => value('mri', [answer('mri', false, date)], {}, { states }).truth;
    expect(mri('2026-03-02')).toBe('false');
    expect(mri('2025-04-01')).toBe('unknown');
  });
  it('does not settle what was ruled out after it, though the order suspects it again', () => {
    const code = 'icd G36.0';
    const refuted = condition(code, { recordedDate: '2026-02-20', ...verified('refuted') });
    const ask = (...resources: readonly Resource[]): FactValue =>
      value('neuromyelitis-optica-spectrum', resources, {}, { order: { reasonCode: [concept(code)] } });
    const yes = (date: string): Resource => answer('neuromyelitis-optica-spectrum', true, date);
    expect(ask(yes('2026-02-10')).truth).toBe('true');
    expect(ask(refuted, yes('2026-02-25')).truth).toBe('true');
    for (const date of ['2026-02-10', '2026-02-20'])
      expect(ask(refuted, yes(date))).toMatchObject({ truth: 'unknown', gap: 'conflict' });
  });
  it('from before does not settle what entries of the chart contradict each other about', () => {
    const entry = condition('icd R50.9', { onsetDateTime: '2026-02-26', recordedDate: '2026-02-27' });
    const refuted = condition('icd R50.9', { recordedDate: '2026', ...verified('refuted') });
    expect(value('fever', [entry, refuted])).toMatchObject({ truth: 'unknown', gap: 'conflict' });
    const ask = (yes: boolean, date: string): string =>
      value('fever', [entry, refuted, answer('fever', yes, date)]).truth;
    expect(ask(true, '2026-02-20')).toBe('unknown');
    expect(ask(false, '2026-02-20')).toBe('unknown');
    expect(ask(true, '2026-03-02')).toBe('true');
    expect(ask(false, '2026-03-02')).toBe('false');
  });
  it('of "no" does not undo what has taken place: that is a conflict', () => {
    const mri: Resource = {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: concept('cpt 72148'),
      effectiveDateTime: '2026-01-10',
      subject: { reference: 'Patient/p1' },
    };
    expect(value('mri', [mri]).truth).toBe('true');
    expect(value('mri', [mri, answer('mri', false, '2026-03-01')])).toMatchObject({
      truth: 'unknown',
      gap: 'conflict',
    });
    expect(value('mri', [mri, answer('mri', false, '2025-12-01')]).truth).toBe('true');
  });
  it('that denies a suspicion denies the diagnosis; one that affirms it leaves the diagnosis open', () => {
    const ask = (yes: boolean, certainty: 'known' | 'suspected'): string =>
      value('cauda-equina-syndrome', [answer('cauda-equina-syndrome.suspected', yes, '2026-02-28')], { certainty })
        .truth;
    expect(ask(false, 'suspected')).toBe('false');
    expect(ask(false, 'known')).toBe('false');
    expect(ask(true, 'suspected')).toBe('true');
    expect(ask(true, 'known')).toBe('unknown');
  });
});

describe('the reason of a visit', () => {
  it('shows a complaint, no diagnosis', () => {
    const suspicion = { certainty: 'suspected' } as const;
    expect(value('radiculopathy', [visit('2026-02-20', 'icd M54.16')], suspicion).truth).toBe('true');
    expect(value('radiculopathy', [visit('2026-02-20', 'icd M54.16')]).truth).toBe('unknown');
    expect(value('spinal-infection', [visit('2026-02-20', 'icd M46.46')], suspicion).truth).toBe('unknown');
  });
  it('that was ruled out at the visit shows none', () => {
    const root = condition('icd M54.16', { id: 'root', ...verified('refuted') });
    const ruledOut = visit('2026-02-20', undefined, { diagnosis: [{ condition: { reference: 'Condition/root' } }] });
    expect(value('radiculopathy', [root, ruledOut], { certainty: 'suspected' }).truth).toBe('false');
  });
});

describe('what was entered later', () => {
  const drop = (recordedDate: string): Resource =>
    condition('icd M21.371', { onsetDateTime: '2026-02-10', recordedDate });
  it('is not overridden by an answer from before, though it tells of an older onset', () => {
    const no = answer('motor-weakness', false, '2026-02-20');
    expect(value('motor-weakness', [PAIN, drop('2026-02-25'), no]).truth).toBe('true');
    expect(value('motor-weakness', [PAIN, drop('2026-02-12'), no]).truth).toBe('false');
  });
});

describe('an entry that ended about the day of the order', () => {
  const order = { resourceType: 'ServiceRequest' };
  const ended = (abatementDateTime: string): Resource =>
    condition('icd M46.46', {
      clinicalStatus: { coding: [{ code: 'resolved' }] },
      onsetDateTime: '2026-02-01',
      recordedDate: '2026-02-02',
      abatementDateTime,
    });
  const truthOf = (resources: readonly Resource[]): string => {
    const { truth, gap } = value('spinal-infection', resources, {}, { order });
    return `${truth} ${gap ?? ''}`.trim();
  };
  it('was there when it ended later', () => {
    expect(truthOf([ended('2026-03-03')])).toBe('true');
    expect(truthOf([ended('2026-04')])).toBe('true');
  });
  it('is history when it ended by then', () => {
    expect(truthOf([ended('2026-03-02')])).toBe('unknown silent');
    expect(truthOf([ended('2026-02')])).toBe('unknown silent');
  });
  it('is open when the month of its end says no more', () => {
    expect(truthOf([ended('2026-03')])).toBe('unknown unclear');
  });
  it('leaves an earlier entry of the same open too', () => {
    const listed = condition('icd M46.46', { recordedDate: '2026-01-20' });
    expect(truthOf([listed])).toBe('true');
    expect(truthOf([listed, ended('2026-04')])).toBe('true');
    expect(truthOf([listed, ended('2026-03')])).toBe('unknown unclear');
    expect(truthOf([listed, ended('2026-02')])).toBe('unknown silent');
  });
});

describe('what proves nothing', () => {
  const stands = (fact: string, resources: readonly Resource[], query: Partial<FactQuery> = {}): unknown => {
    const { truth, gap, related, outdated } = value(fact, resources, query);
    return { truth, gap, related, outdated };
  };
  it('may be related: cancer in the past says of a malignancy of the spine that it is not unlikely, a refuted one does not', () => {
    const cancer = condition('icd Z85.3', { recordedDate: '2020-01-01' });
    expect(stands('spinal-malignancy', [cancer])).toMatchObject({ truth: 'unknown', gap: 'silent', related: true });
    const refuted = condition('icd C50.911', { recordedDate: '2025-01-01', ...verified('refuted') });
    expect(stands('spinal-malignancy', [refuted])).toMatchObject({ truth: 'unknown', related: undefined });
  });
  it('may be of another time', () => {
    const sprain = condition('icd S33.5XXA', { onsetDateTime: '2025-10-01' });
    const within = (months: number): Partial<FactQuery> => ({ within: { count: months, unit: 'months' } });
    expect(stands('spine-injury', [sprain], within(3))).toMatchObject({ truth: 'unknown', outdated: true });
    expect(stands('spine-injury', [sprain], within(6))).toMatchObject({ truth: 'true', outdated: undefined });
  });
});
