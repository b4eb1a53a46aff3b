import { describe, expect, it } from 'vitest';
import { formatDay } from '../../src/dates/day.ts';
import type { FactQuery } from '../../src/policy/fact-source.ts';
import { because, condition, drug, pain, procedure, supply, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2025-11-01');
const BACK = because('icd M54.50');
const evaluation = (date: string, members: object = BACK): Resource => procedure('cpt 97161', date, members);
const session = (date: string, members: object = BACK): Resource => procedure('cpt 97110', date, members);
const WITHIN = { within: { count: 3, unit: 'months' } } as const;

/** Were there four weeks of physical therapy within three months? */
const fourWeeks = (resources: readonly Resource[], query: Partial<FactQuery> = WITHIN): string =>
  value('physical-therapy-4-weeks', [PAIN, ...resources], query).truth;
/** Has the episode been treated for six weeks? */
const sixWeeks = (resources: readonly Resource[], query: Partial<FactQuery> = {}): string =>
  value('treatment-6-weeks', [PAIN, ...resources], query).truth;

describe('four weeks of physical therapy', () => {
  it('are 28 days from the first visit to the last', () => {
    expect(fourWeeks([evaluation('2026-01-05'), session('2026-02-02')])).toBe('true');
    expect(fourWeeks([evaluation('2026-01-05'), session('2026-02-01')])).toBe('unknown');
  });
  it('begin with an evaluation and have a later visit', () => {
    expect(fourWeeks([session('2026-01-05'), session('2026-02-02')])).toBe('unknown');
    expect(fourWeeks([evaluation('2026-01-05')])).toBe('unknown');
    expect(fourWeeks([evaluation('2026-02-02'), session('2026-01-05'), session('2026-02-02')])).toBe('unknown');
  });
  it('lie in the window whole: evaluation, follow-up and the 28 days', () => {
    const course = (start: string, end: string): readonly Resource[] => [evaluation(start), session(end)];
    expect(fourWeeks(course('2025-12-02', '2026-01-05'))).toBe('true');
    expect(fourWeeks(course('2025-12-01', '2026-01-05'))).toBe('unknown');
    expect(fourWeeks(course('2025-12-01', '2026-01-05'), { within: { count: 6, unit: 'months' } })).toBe('true');
  });
  it('say of a course that they were long enough, or that it goes on', () => {
    const whatOf = (...resources: readonly Resource[]): ReadonlySet<string> =>
      new Set(value('physical-therapy-4-weeks', [PAIN, ...resources], WITHIN).leads?.map((l) => l.label));
    expect(whatOf(evaluation('2025-11-10'), session('2025-12-08'), session('2025-12-20'))).toEqual(
      new Set(['a course of this length that ended on 2025-12-20, only in part within the time window']),
    );
    const onlyAMonth = { within: { count: 1, unit: 'months' } } as const;
    const old = value('physical-therapy-4-weeks', [PAIN, evaluation('2025-11-10'), session('2025-12-20')], onlyAMonth);
    expect(old.leads?.[0]?.label).toBe('a course of this length that ended on 2025-12-20, before the time window');
    expect(whatOf(session('2026-01-05'), session('2026-02-25'))).toEqual(
      new Set(['treatment on file, not a course of this length']),
    );
  });
  it('of a course that goes on say when it is long enough; nothing but time lacks where all treatment is dated', () => {
    const going = [session('2026-02-10'), session('2026-02-25')];
    const six = value('treatment-6-weeks', [PAIN, ...going]);
    expect(six.leads?.[0]?.label).toBe('a course that goes on and reaches this length on 2026-03-24');
    expect([six.goesOn, formatDay(six.from ?? 0)]).toEqual([true, '2026-03-24']);
    expect(value('treatment-6-weeks', [PAIN, session('2025'), ...going]).goesOn).toBeUndefined();
    expect(
      value('treatment-6-weeks', [PAIN, drug('2026-02-01', { status: 'completed', ...supply(5) })]).goesOn,
    ).toBeUndefined();
  });
  it('as one procedure without an end go on while it is in progress', () => {
    const course = (status: string): Resource =>
      procedure('cpt 97110', '', {
        ...BACK,
        status,
        performedDateTime: undefined,
        performedPeriod: { start: '2025-12-01' },
      });
    expect(sixWeeks([course('in-progress')])).toBe('true');
    expect(sixWeeks([course('completed')])).toBe('unknown');
    expect(value('active-care-ongoing', [PAIN, course('in-progress')]).truth).toBe('true');
  });
  it('are dated well enough to be of the episode for certain', () => {
    expect(fourWeeks([evaluation('2026-01'), session('2026-03-01')])).toBe('true');
    expect(value('physical-therapy-4-weeks', [PAIN, evaluation('2025'), session('2026-01-05')]).leads).toMatchObject([
      { label: 'dated too vaguely to be of the current episode for certain' },
      {},
    ]);
  });
  it('are of the region', () => {
    for (const reason of ['icd M25.561', 'icd M54.2', 'icd R51.9']) {
      const members = because(reason);
      expect(fourWeeks([evaluation('2026-01-05', members), session('2026-02-02', members)]), reason).toBe('unknown');
    }
    const atBack = { bodySite: [concept('snomed 52612000')] };
    expect(fourWeeks([evaluation('2026-01-05', atBack), session('2026-02-02', atBack)])).toBe('true');
    const anySpine = because('icd M54.9');
    expect(fourWeeks([evaluation('2026-01-05', anySpine), session('2026-02-02', anySpine)])).toBe('true');
  });
  it('visits without region or reason are leads, no proof', () => {
    const found = value('physical-therapy-4-weeks', [PAIN, evaluation('2026-01-05', {}), session('2026-02-02', {})]);
    expect(found).toMatchObject({ truth: 'unknown' });
    expect(found.leads?.map((l) => l.label)).toEqual([
      'a therapy visit without region or reason',
      'a therapy visit without region or reason',
    ]);
  });
  it('count as Procedures or as Encounters', () => {
    const asVisit = (code: string, date: string): Resource =>
      visit(date, 'icd M54.50', { type: [concept(code)], class: { code: 'AMB' } });
    expect(fourWeeks([asVisit('cpt 97161-GP', '2026-01-05'), asVisit('cpt 97110-GP-59', '2026-02-02')])).toBe('true');
    expect(fourWeeks([asVisit('cpt 97161', '2026-01-05'), asVisit('cpt 97110', '2026-02-02')])).toBe('true');
  });
  it('count as visits to the physical therapy service or to a therapist, where their type does not tell more', () => {
    const withTherapist = {
      contained: [{ resourceType: 'PractitionerRole', id: 'pt', specialty: [concept('nucc 225100000X')] }],
      participant: [{ individual: { reference: '#pt' } }],
    };
    const atService = { serviceType: concept('snomed 722138006') };
    const first = visit('2026-01-05', 'icd M54.50', { type: [concept('cpt 97161')], ...withTherapist });
    for (const kind of [withTherapist, atService]) {
      const last = (members: object = {}): Resource => visit('2026-02-02', 'icd M54.50', { ...kind, ...members });
      expect(fourWeeks([first, last()])).toBe('true');
      expect(fourWeeks([first, last({ type: [{ text: 'Return visit' }] })])).toBe('true');
      expect(fourWeeks([first, last({ reasonCode: [concept('icd M25.561')] })])).toBe('unknown');
      expect(fourWeeks([first, last({ reasonCode: [concept('icd E11.9')] })])).toBe('unknown');
      expect(fourWeeks([first, last({ status: 'planned' })])).toBe('unknown');
    }
    const office = visit('2026-02-02', 'icd M54.50', { type: [concept('cpt 99214')], ...withTherapist });
    expect(fourWeeks([first, office])).toBe('unknown');
    const drugs = drug('2025-12-01', supply(90));
    const care = (...visits: readonly Resource[]): string =>
      value('conservative-care-6-weeks', [PAIN, drugs, ...visits]).truth;
    expect(care(first)).toBe('unknown');
    expect(care(first, visit('2026-02-02', 'icd M54.50', atService))).toBe('true');
  });
  it('are of the region of the referral on which they were done, where they name none', () => {
    const referral = (members: object): Resource => ({
      resourceType: 'ServiceRequest',
      id: 'pt',
      status: 'completed',
      intent: 'order',
      code: concept('snomed 308447003'),
      ...members,
    });
    const done = { basedOn: [{ reference: 'ServiceRequest/pt' }] };
    const course = [evaluation('2026-01-05', done), session('2026-02-02', done)];
    const asVisits = [
      visit('2026-01-05', undefined, { type: [concept('cpt 97161')], ...done }),
      visit('2026-02-02', undefined, { type: [concept('cpt 97110')], ...done }),
    ];
    const onTwo = { basedOn: [{ reference: 'ServiceRequest/bare' }, ...done.basedOn] };
    const bare = { ...referral({}), id: 'bare' };
    for (const visits of [
      course,
      asVisits,
      [...course.map((v) => ({ ...v, ...onTwo })), bare],
      [...asVisits.map((v) => ({ ...v, ...onTwo })), bare],
    ]) {
      expect(fourWeeks([...visits, referral(BACK)])).toBe('true');
      expect(fourWeeks([...visits, referral(because('icd M54.2'))])).toBe('unknown');
      expect(fourWeeks([...visits, referral({})])).toBe('unknown');
      expect(fourWeeks([...visits, referral({ ...BACK, doNotPerform: true })])).toBe('unknown');
    }
    expect(fourWeeks([...course, referral({ bodySite: [concept('snomed 52612000')] })])).toBe('true');
    const ofKnee = { ...done, ...because('icd M25.561') };
    expect(fourWeeks([evaluation('2026-01-05', ofKnee), session('2026-02-02', ofKnee), referral(BACK)])).toBe(
      'unknown',
    );
  });
  it('are dated by their visits where they have no date themselves', () => {
    const at = (id: string): object => ({ ...BACK, encounter: { reference: `Encounter/${id}` } });
    const undated = [procedure('cpt 97161', undefined, at('a')), procedure('cpt 97110', undefined, at('b'))];
    const visits = [visit('2026-01-05', undefined, { id: 'a' }), visit('2026-02-02', undefined, { id: 'b' })];
    expect(fourWeeks([...undated, ...visits])).toBe('true');
    expect(fourWeeks(undated)).toBe('unknown');
  });
  it('do not count when planned, claimed, undone, later than the order, or another patient’s', () => {
    const first = evaluation('2026-01-05');
    for (const last of [
      session('2026-02-02', { ...BACK, status: 'preparation' }),
      session('2026-02-02', { ...BACK, status: 'unknown' }),
      session('2026-03-03'),
      session('2026-02-02', { ...BACK, subject: { reference: 'Patient/p2' } }),
      { resourceType: 'Claim', created: '2026-02-02', item: [{ productOrService: concept('cpt 97110') }] },
      { resourceType: 'ServiceRequest', status: 'active', authoredOn: '2026-02-02', code: concept('snomed 308447003') },
    ])
      expect(fourWeeks([first, last])).toBe('unknown');
  });
  it('of an earlier episode do not count', () => {
    const course = [evaluation('2026-01-05'), session('2026-02-02')];
    expect(value('physical-therapy-4-weeks', [pain('2026-01-20'), ...course]).truth).not.toBe('true');
    const again = [pain('2025-09-01', { clinicalStatus: { coding: [{ code: 'resolved' }] } }), pain('2026-02-10')];
    expect(value('physical-therapy-4-weeks', [...again, ...course]).truth).toBe('false');
  });
  it('need days: a month does not prove the time between two visits', () => {
    expect(fourWeeks([evaluation('2026-01'), session('2026-02')])).toBe('unknown');
    expect(fourWeeks([evaluation('2026-01'), session('2026-03-01')])).toBe('true');
    expect(fourWeeks([evaluation('2025-12'), session('2026-02-20')])).toBe('unknown');
  });
  it('cannot have happened in an episode that is shorter, until it is long enough', () => {
    const running = [pain('2026-02-10'), evaluation('2026-02-12'), session('2026-02-26')];
    const short = value('physical-therapy-4-weeks', running, WITHIN);
    expect(short).toMatchObject({ truth: 'false', redoable: true });
    expect(short.from === undefined ? undefined : formatDay(short.from)).toBe('2026-03-12');
  });
});

describe('a drug without a stated reason', () => {
  const ofVisit = (codes: readonly string[], members: object = {}): string =>
    sixWeeks([
      visit('2025-12-01', undefined, { id: 'v', reasonCode: codes.map((code) => concept(code)) }),
      drug('2025-12-01', { ...supply(60), encounter: { reference: 'Encounter/v' }, ...members }),
    ]);
  it('is for what the visit was for at which it was prescribed', () => {
    expect(ofVisit(['icd M54.50'])).toBe('true');
    expect(ofVisit(['icd M17.11'])).toBe('unknown');
    expect(ofVisit(['icd M54.2'])).toBe('unknown');
    expect(ofVisit(['icd M17.11'], BACK)).toBe('true');
  });
  it('may be for any problem of a visit for several, or for what nobody can read', () => {
    expect(ofVisit(['icd M54.50', 'icd I10'])).toBe('true');
    expect(ofVisit(['local knee-pain'])).toBe('true');
  });
  it('is for what the diagnosis says that it refers to, in codes or in words', () => {
    const made = (reference: object, ...diagnoses: readonly Resource[]): string =>
      sixWeeks([...diagnoses, drug('2025-12-01', { ...supply(60), reasonReference: [reference] })]);
    const why = (code: object): Resource => condition('icd I10', { id: 'why', code });
    const to = { reference: 'Condition/why' };
    expect(made(to, why(concept('icd M54.50')))).toBe('true');
    expect(made(to, why(concept('icd M17.11')))).toBe('unknown');
    expect(made(to, why({ text: 'Low back pain' }))).toBe('true');
    expect(made(to, why({ text: 'Knee pain' }))).toBe('unknown');
    expect(made({ ...to, display: 'Knee pain' })).toBe('unknown');
    expect(made({ ...to, display: 'Low back pain' })).toBe('true');
    expect(made(to)).toBe('true');
  });
});

describe('therapy that began with an evaluation less than four weeks ago', () => {
  const first = evaluation('2026-02-03');
  const later = session('2026-02-20');
  it('is no course of four weeks, until the four weeks have passed', () => {
    const begun = value('physical-therapy-4-weeks', [PAIN, first, later], WITHIN);
    expect(begun).toMatchObject({ truth: 'false', redoable: true });
    expect(begun.evidence.map((e) => e.date)).toEqual(['2026-02-03']);
    expect(begun.from === undefined ? undefined : formatDay(begun.from)).toBe('2026-03-03');
    expect(fourWeeks([first])).toBe('false');
    expect(fourWeeks([session('2026-02-03'), first, later])).toBe('false');
    const asVisit = visit('2026-02-03', 'icd M54.50', { type: [concept('cpt 97162')], class: { code: 'AMB' } });
    expect(fourWeeks([asVisit])).toBe('false');
  });
  it('may be one when four weeks have passed', () => {
    expect(fourWeeks([evaluation('2026-02-02'), later])).toBe('unknown');
  });
  it('may be one when it is not known as the beginning', () => {
    for (const earlier of [
      session('2026-02-02'),
      evaluation('2025-11-20'),
      session('2026-01-10', {}),
      session('2026-01', BACK),
      session('2025', BACK),
      session('2026-01-10', { ...BACK, status: 'unknown' }),
      { resourceType: 'Claim', created: '2026-01-10', item: [{ productOrService: concept('cpt 97110') }] },
    ])
      expect(fourWeeks([earlier, first, later])).toBe('unknown');
    const { performedDateTime: _, ...undated } = session('2026-01-10');
    expect(fourWeeks([undated, first])).toBe('unknown');
    expect(fourWeeks([evaluation('2026-02'), later])).toBe('unknown');
    expect(fourWeeks([session('2026-02-03'), session('2026-02-20')])).toBe('unknown');
    expect(fourWeeks([procedure('cpt 97164', '2026-02-03', BACK), later])).toBe('unknown');
  });
  it('may be one when the evaluation is of another region, or of none', () => {
    for (const members of [because('icd M25.561'), {}])
      expect(fourWeeks([evaluation('2026-02-03', members), session('2026-02-20', members)])).toBe('unknown');
  });
  it('is one whatever was done for another region, later, or before the onset', () => {
    for (const other of [
      session('2026-01-10', because('icd M25.561')),
      session('2026-02-25', {}),
      session('2024-05-05'),
      session('2024-05-05', {}),
      { resourceType: 'ServiceRequest', status: 'active', authoredOn: '2026-01-10', code: concept('snomed 308447003') },
    ])
      expect(fourWeeks([other, first, later])).toBe('false');
  });
});

describe('a visit that is called one for therapy in words alone', () => {
  const called = (date: string, text: string, reason = 'icd M54.50', members: object = {}): Resource =>
    visit(date, reason, {
      type: [{ coding: [{ system: 'http://ehr.example.org/visits', code: '7' }], text }],
      ...members,
    });
  const series = (text: string, reason?: string): readonly Resource[] =>
    ['2026-01-05', '2026-01-19', '2026-02-02', '2026-02-16', '2026-02-23'].map((d) => called(d, text, reason));
  const leads = (resources: readonly Resource[]) =>
    value('treatment-6-weeks', [PAIN, ...resources]).leads?.map((l) => l.label) ?? [];
  const SAID = 'called a visit for therapy, in no code that we know';

  it('proves none, and is told of', () => {
    for (const text of [
      'Physical Therapy',
      'PHYSICAL THERAPY EVALUATION',
      'Phys Therapy Visit',
      'Chiropractic Visit',
    ]) {
      expect(sixWeeks(series(text)), text).toBe('unknown');
      expect(leads(series(text)), text).toContain(SAID);
    }
    const service = called('2026-01-05', 'Outpatient Recurring', 'icd M54.50', {
      serviceType: { text: 'Physiotherapy' },
    });
    expect(leads([service])).toContain(SAID);
  });
  it('is none for another problem, of another time, that did not take place, or of another name', () => {
    for (const other of [
      called('2026-01-05', 'Physical Therapy', 'icd M25.561'),
      called('2024-01-05', 'Physical Therapy'),
      called('2026-03-05', 'Physical Therapy'),
      called('2026-01-05', 'Physical Therapy', 'icd M54.50', { status: 'cancelled' }),
      called('2026-01-05', 'Physical Therapy Referral'),
      called('2026-01-05', 'New Pt Visit'),
    ])
      expect(leads([other])).not.toContain(SAID);
  });
  it('may have come before the evaluation with which a therapy seems to begin', () => {
    const first = evaluation('2026-02-23');
    expect(fourWeeks([first])).toBe('false');
    expect(fourWeeks([first, called('2026-01-10', 'Physical Therapy')])).toBe('unknown');
    expect(fourWeeks([first, called('2026-01-10', 'Physical Therapy', 'icd M25.561')])).toBe('false');
    expect(fourWeeks([first, called('2026-01-10', 'Office Visit')])).toBe('false');
  });
});

describe('a refusal', () => {
  const declined = (date: string): Resource => session(date, { ...BACK, status: 'not-done' });
  it('stands until a later record', () => {
    expect(fourWeeks([declined('2026-01-10')])).toBe('false');
    expect(fourWeeks([declined('2026-01-10'), evaluation('2026-01-20')])).toBe('unknown');
    expect(fourWeeks([evaluation('2026-01-05'), declined('2026-01-10')])).toBe('false');
  });
  it('is of the current episode, and was made by the day of the order', () => {
    expect(fourWeeks([declined('2025-11-01')])).toBe('false');
    for (const date of ['2025-10-31', '2023-05-05', '2025', '2026-03-03'])
      expect(fourWeeks([declined(date)]), date).toBe('unknown');
    const { performedDateTime: _, ...undated } = declined('2026-01-10');
    expect(fourWeeks([undated])).toBe('unknown');
    const seen = { ...visit('2026-01-10', 'icd M54.50'), id: 'seen' };
    expect(fourWeeks([seen, { ...undated, encounter: { reference: 'Encounter/seen' } }])).toBe('false');
  });
  it('does not undo a course that was complete', () => {
    expect(fourWeeks([evaluation('2026-01-05'), session('2026-02-02'), declined('2026-02-20')])).toBe('true');
    expect(fourWeeks([declined('2026-01-02'), evaluation('2026-01-05'), session('2026-02-02')])).toBe('true');
  });
  it('of therapy for another region, or without one, is none', () => {
    for (const members of [because('icd M25.561'), {}])
      expect(fourWeeks([session('2026-01-10', { ...members, status: 'not-done' })])).toBe('unknown');
  });
  it('of one therapy does not refuse all treatment', () => {
    expect(sixWeeks([declined('2026-01-10')])).toBe('unknown');
  });
});

describe('a drug and what is said of it elsewhere', () => {
  const allergy = (code: string, recordedDate: string, members: object = {}): Resource => ({
    resourceType: 'AllergyIntolerance',
    clinicalStatus: { coding: [{ code: 'active' }] },
    code: concept(code),
    recordedDate,
    ...members,
  });
  const course = drug('2026-01-01', { status: 'completed', ...supply(60) });
  it('ends with an allergy to it that is found meanwhile', () => {
    expect(sixWeeks([course])).toBe('true');
    expect(sixWeeks([course, allergy('rxnorm 7258', '2026-01-06')])).toBe('unknown');
    expect(sixWeeks([course, allergy('rxnorm 7258', '2026-02-20')])).toBe('true');
    expect(sixWeeks([course, allergy('rxnorm 7258', '2025-01-06')])).toBe('true');
    expect(sixWeeks([course, allergy('rxnorm 5640', '2026-01-06')])).toBe('true');
    const refuted = { verificationStatus: { coding: [{ code: 'refuted' }] } };
    expect(sixWeeks([course, allergy('rxnorm 7258', '2026-01-06', refuted)])).toBe('true');
  });
  it('is the same drug as a product, as its substance, and in another code system', () => {
    const product = { ...course, medicationCodeableConcept: concept('rxnorm 198014') };
    const combined = { ...course, medicationCodeableConcept: concept('rxnorm 857109') };
    for (const code of ['rxnorm 7258', 'snomed 372588000'])
      expect(sixWeeks([product, allergy(code, '2026-01-06')]), code).toBe('unknown');
    expect(sixWeeks([product, allergy('rxnorm 5640', '2026-01-06')])).toBe('true');
    expect(sixWeeks([combined, allergy('rxnorm 161', '2026-01-06')])).toBe('unknown');
    const notTaken = (code: string): Resource => ({
      resourceType: 'MedicationStatement',
      status: 'not-taken',
      medicationCodeableConcept: concept(code),
      effectiveDateTime: '2026-01-06',
    });
    expect(sixWeeks([product, notTaken('rxnorm 7258')])).toBe('unknown');
    expect(sixWeeks([course, notTaken('rxnorm 198014')])).toBe('unknown');
    // another strength, and the acetaminophen that is in another drug, are other drugs
    expect(sixWeeks([product, notTaken('rxnorm 198013')])).toBe('true');
    expect(sixWeeks([combined, notTaken('rxnorm 161')])).toBe('true');
  });
  it('proves nothing where words state another purpose', () => {
    const forWords = (text: string): string =>
      sixWeeks([drug('2026-01-01', { status: 'completed', ...supply(60), reasonCode: [{ text }] })]);
    for (const words of [
      'Low back pain',
      'pain',
      'Lumbar strain',
      'muscle spasms',
      'inflammation',
      'LBP',
      'Spondylosis',
      'HNP L5',
      'stiffness',
      'numbness and tingling',
      'Dolor de espalda',
      'ciática',
      'PRN',
      'as needed',
      'Other',
    ])
      expect(forWords(words), words).toBe('true');
    for (const words of [
      'fever',
      'hot flashes',
      'osteoarthritis of hands',
      'as needed for fever',
      'severe hot flashes',
    ])
      expect(forWords(words), words).toBe('unknown');
  });
});

describe('a drug that is given once', () => {
  const times = (count: number, more: object = {}): object => ({
    dosageInstruction: [{ timing: { repeat: { count, ...more } } }],
  });
  it('is no course, also when it was given twice and both prescriptions were left active', () => {
    expect(sixWeeks([drug('2026-01-05', times(1)), drug('2026-02-05', times(1))])).toBe('unknown');
    const once = { dosageInstruction: [{ timing: { code: { text: 'Once' } } }] };
    expect(sixWeeks([drug('2026-01-05', once), drug('2026-02-05', once)])).toBe('unknown');
  });
  it('is one where the number of doses makes it so long', () => {
    const daily = { frequency: 1, period: 1, periodUnit: 'd' };
    expect(sixWeeks([drug('2026-01-01', times(60, daily))])).toBe('true');
    expect(sixWeeks([drug('2026-01-01', { status: 'completed', ...times(30, daily) })])).toBe('unknown');
    expect(sixWeeks([drug('2026-01-01', { ...times(2), ...supply(60) })])).toBe('true');
  });
});

describe('a drug course', () => {
  it('lasts for the supply', () => {
    expect(sixWeeks([drug('2025-12-01', { status: 'completed', ...supply(42) })])).toBe('true');
    expect(sixWeeks([drug('2025-12-01', { status: 'completed', ...supply(41) })])).toBe('unknown');
  });
  it('lasts until its stated end', () => {
    const until = (end: string): object => ({
      dosageInstruction: [{ timing: { repeat: { boundsPeriod: { start: '2025-12-01', end } } } }],
    });
    expect(sixWeeks([drug('2025-12-01', { status: 'stopped', ...until('2026-01-12') })])).toBe('true');
    expect(sixWeeks([drug('2025-12-01', { status: 'stopped', ...until('2026-01-11') })])).toBe('unknown');
  });
  it('lasts for its quantity at a fixed dose', () => {
    const tablets = (value: number, timing: object, unit = 'tablet'): object => ({
      status: 'completed',
      dispenseRequest: { quantity: { value, unit } },
      dosageInstruction: [{ timing, doseAndRate: [{ doseQuantity: { value: 1, unit: 'Tablets' } }] }],
    });
    const daily = (frequency: number, members: object = {}): object => ({
      repeat: { frequency, period: 1, periodUnit: 'd', ...members },
    });
    const twice = { code: { coding: [{ code: 'BID' }] } };
    expect(sixWeeks([drug('2025-12-01', tablets(84, daily(2)))])).toBe('true');
    expect(sixWeeks([drug('2025-12-01', tablets(83, daily(2)))])).toBe('unknown');
    expect(sixWeeks([drug('2025-12-01', tablets(84, twice))])).toBe('true');
    expect(sixWeeks([drug('2025-12-01', tablets(84, { repeat: { frequency: 1, period: 12, periodUnit: 'h' } }))])).toBe(
      'true',
    );
    expect(sixWeeks([drug('2025-12-01', tablets(84, daily(1, { frequencyMax: 4 })))])).toBe('unknown');
    expect(sixWeeks([drug('2025-12-01', tablets(84, daily(1), 'mL'))])).toBe('unknown');
    const needed = tablets(84, daily(1)) as { dosageInstruction: object[] };
    const [dosage] = needed.dosageInstruction;
    const asNeeded = { ...needed, dosageInstruction: [{ ...dosage, asNeededBoolean: true }] };
    expect(sixWeeks([drug('2025-12-01', asNeeded)])).toBe('unknown');
  });
  it('is not the time in which it may be dispensed', () => {
    const valid = {
      status: 'completed',
      dispenseRequest: { validityPeriod: { start: '2025-12-01', end: '2026-12-01' } },
    };
    expect(sixWeeks([drug('2025-12-01', valid)])).toBe('unknown');
  });
  it('that was stopped before the supply ran out is of unknown length', () => {
    for (const status of ['stopped', 'on-hold'])
      expect(sixWeeks([drug('2025-12-01', { status, ...supply(90) })]), status).toBe('unknown');
  });
  it('of an active prescription without supply is of unknown length beyond 30 days', () => {
    expect(sixWeeks([drug('2025-12-01')])).toBe('unknown');
    expect(value('treatment-4-weeks', [PAIN, drug('2025-12-01')]).truth).toBe('true');
    expect(value('treatment-6-weeks', [PAIN, drug('2025-12-01')])).toMatchObject({ gap: 'unclear' });
  });
  it('that was stopped or completed without a date has no length', () => {
    for (const status of ['stopped', 'completed', 'on-hold'])
      expect(value('treatment-1-week', [PAIN, drug('2025-12-01', { status })]).truth, status).toBe('unknown');
  });
  it('that is stated as being taken goes on until the order', () => {
    const statement = (members: object): Resource => ({
      resourceType: 'MedicationStatement',
      status: 'active',
      medicationCodeableConcept: concept('rxnorm 7258'),
      ...members,
    });
    expect(sixWeeks([statement({ effectivePeriod: { start: '2026-01-19' } })])).toBe('true');
    expect(sixWeeks([statement({ effectivePeriod: { start: '2026-01-20' } })])).toBe('unknown');
    expect(sixWeeks([statement({ effectivePeriod: { start: '2025-12-01', end: '2025-12-20' } })])).toBe('unknown');
    expect(sixWeeks([statement({ status: 'not-taken', effectivePeriod: { start: '2025-12-01' } })])).toBe('unknown');
    expect(sixWeeks([statement({ status: 'intended', effectivePeriod: { start: '2025-12-01' } })])).toBe('unknown');
    expect(sixWeeks([statement({})])).toBe('unknown');
    // a single day is no period: as long as a prescription without supply
    const ofOneDay = statement({ effectiveDateTime: '2025-12-01' });
    expect(sixWeeks([ofOneDay])).toBe('unknown');
    expect(value('treatment-4-weeks', [PAIN, ofOneDay]).truth).toBe('true');
    expect(value('treatment-1-week', [PAIN, { ...ofOneDay, status: 'completed' }]).truth).toBe('unknown');
  });
  it('that is stated of a prescription lasts as long as that', () => {
    const prescribed = { ...drug('2025-12-01', supply(10)), id: 'rx' };
    const statement = (members: object): Resource => ({
      resourceType: 'MedicationStatement',
      status: 'active',
      medicationCodeableConcept: concept('rxnorm 7258'),
      effectiveDateTime: '2025-12-01',
      ...members,
    });
    const fourWeeks = (members: object): string =>
      value('treatment-4-weeks', [PAIN, prescribed, statement(members)]).truth;
    expect(fourWeeks({})).toBe('true');
    expect(fourWeeks({ basedOn: [{ reference: 'MedicationRequest/rx' }] })).toBe('unknown');
    expect(fourWeeks({ derivedFrom: [{ reference: 'MedicationRequest/rx' }] })).toBe('unknown');
    expect(fourWeeks({ basedOn: [{ reference: 'MedicationRequest/other' }] })).toBe('true');
  });
  it('that is documented as not taken counts until then, and again when it is prescribed later', () => {
    const notTaken = (effectivePeriod: object | undefined, code = 'rxnorm 7258'): Resource => ({
      resourceType: 'MedicationStatement',
      status: 'not-taken',
      medicationCodeableConcept: concept(code),
      ...(effectivePeriod !== undefined && { effectivePeriod }),
    });
    const prescribed = drug('2025-12-01', supply(60));
    expect(sixWeeks([prescribed])).toBe('true');
    expect(value('treatment-6-weeks', [PAIN, prescribed, notTaken({ start: '2025-12-01' })])).toMatchObject({
      truth: 'unknown',
      leads: [{ label: 'documented as not taken' }],
    });
    expect(sixWeeks([prescribed, notTaken(undefined)])).toBe('unknown');
    expect(sixWeeks([prescribed, notTaken({ start: '2026-01-11' })])).toBe('unknown');
    expect(sixWeeks([prescribed, notTaken({ start: '2026-01-12' })])).toBe('true');
    expect(sixWeeks([prescribed, notTaken({ start: '2025-11-20' })])).toBe('true');
    expect(sixWeeks([prescribed, notTaken({ start: '2025-12-01' }, 'rxnorm 5640')])).toBe('true');
  });
  it('of an earlier episode is none of this one, though nothing shows this one yet', () => {
    const before = [
      drug('2016-02-15', { ...BACK, status: 'completed', ...supply(60) }),
      pain('2016-02-10', { clinicalStatus: { coding: [{ code: 'resolved' }] }, abatementDateTime: '2016-08-01' }),
    ];
    expect(value('treatment-6-weeks', before)).toMatchObject({
      truth: 'unknown',
      leads: [{ label: 'before the current episode' }],
    });
  });
  it('for another problem, of another kind, or begun after the order is no treatment', () => {
    const long = supply(90);
    expect(sixWeeks([drug('2025-12-01', { ...because('icd M25.561'), ...long })])).toBe('unknown');
    expect(sixWeeks([drug('2025-12-01', { ...because('icd M54.50'), ...long })])).toBe('true');
    expect(sixWeeks([drug('2025-12-01', { medicationCodeableConcept: concept('rxnorm 29046'), ...long })])).toBe(
      'unknown',
    );
    expect(sixWeeks([drug('2026-03-03', long)])).toBe('unknown');
    expect(sixWeeks([drug(undefined, long)])).toBe('unknown');
  });
  it('begun before the episode counts from its onset, when it is for the spine', () => {
    const long = (start: string, members: object = {}): Resource => drug(start, { ...supply(365), ...members });
    expect(value('treatment-6-weeks', [pain('2026-01-19'), long('2025-10-01', because('icd M54.50'))]).truth).toBe(
      'true',
    );
    expect(value('treatment-6-weeks', [pain('2026-01-19'), long('2025-10-01')]).truth).toBe('unknown');
    // the drug is for the pain whose onset is said to be later: one of the two is not so
    expect(value('treatment-6-weeks', [pain('2026-02-19'), long('2025-10-01', because('icd M54.50'))]).truth).toBe(
      'unknown',
    );
    expect(value('treatment-6-weeks', [pain('2026-02-19'), long('2025-10-01')]).truth).toBe('false');
  });
  it('that began on an unknown day of the year may have begun after a long pause', () => {
    const taken = (start: string): Resource => ({
      resourceType: 'MedicationStatement',
      status: 'active',
      medicationCodeableConcept: concept('rxnorm 5640'),
      effectivePeriod: { start, end: '2026-03-30' },
    });
    const therapy = [evaluation('2026-01-05'), session('2026-01-16')];
    expect(sixWeeks([...therapy, taken('2026-02-01')])).toBe('true');
    expect(sixWeeks([...therapy, taken('2026')])).toBe('unknown');
  });
  it('and therapy together make the six weeks; a long pause parts two courses', () => {
    const therapy = [evaluation('2026-01-05'), session('2026-01-20')];
    expect(sixWeeks([...therapy, drug('2025-12-01', { status: 'completed', ...supply(14) })])).toBe('true');
    expect(sixWeeks([...therapy, drug('2025-11-03', { status: 'completed', ...supply(5) })])).toBe('unknown');
    const few = (first: string, second: string): string =>
      sixWeeks([first, second].map((d) => drug(d, { status: 'completed', ...supply(14) })));
    expect(few('2025-12-01', '2026-01-15')).toBe('true');
    expect(few('2025-12-01', '2026-01-16')).toBe('unknown');
    expect(sixWeeks([session('2025-12-15'), session('2026-01-28')])).toBe('unknown');
  });
});

it('a least duration of the episode is enough for treatment to count', () => {
  const recorded = condition('icd M54.50', { recordedDate: '2025-12-20' });
  const course = [evaluation('2026-01-05'), session('2026-02-02')];
  expect(value('physical-therapy-4-weeks', [recorded, ...course], WITHIN).truth).toBe('true');
  expect(value('physical-therapy-4-weeks', [...course], WITHIN).truth).toBe('true');
});

describe('a drug without a stated reason, and an arthritis of the knee', () => {
  const knee = condition('icd M17.11', { recordedDate: '2024-01-05' });
  const seen = (id: string, ...codes: readonly string[]): Resource => ({
    ...visit('2025-12-01', undefined, { reasonCode: codes.map((c) => concept(c)) }),
    id,
  });
  const at = (id: string): Resource =>
    drug('2025-12-03', { encounter: { reference: `Encounter/${id}` }, status: 'completed', ...supply(60) });
  it('counts when it was prescribed at a visit for the spine', () => {
    expect(sixWeeks([knee, seen('back', 'icd M54.50'), at('back')])).toBe('true');
    expect(sixWeeks([knee, seen('back', 'icd M54.50'), at('another')])).toBe('unknown');
    expect(sixWeeks([knee, seen('both', 'icd M54.50', 'icd M17.11'), at('both')])).toBe('unknown');
    expect(sixWeeks([knee, seen('knee', 'icd M17.11'), at('knee')])).toBe('unknown');
    expect(sixWeeks([seen('knee', 'icd M17.11'), at('knee')])).toBe('unknown');
  });
});

describe('a drug for another part of the body', () => {
  const course = (code: string, members: object): Resource =>
    drug('2025-12-03', { medicationCodeableConcept: concept(code), status: 'completed', ...supply(60), ...members });
  const by = (...dosages: readonly object[]): object => ({ dosageInstruction: dosages });
  const ketorolac = 'rxnorm 35827';
  it('is told by its route, or by a name that says so', () => {
    expect(sixWeeks([course(ketorolac, {})])).toBe('true');
    expect(sixWeeks([course(ketorolac, by({ route: concept('snomed 26643006') }))])).toBe('true');
    expect(sixWeeks([course(ketorolac, by({ route: concept('snomed 54485002') }))])).toBe('unknown');
    expect(sixWeeks([course(ketorolac, by({ text: '1 drop in both eyes' }))])).toBe('unknown');
    expect(sixWeeks([course(ketorolac, by({ route: { text: 'Ophthalmic' } }))])).toBe('unknown');
    const named = { ...concept(ketorolac), text: 'ketorolac 0.5 % ophthalmic solution' };
    expect(sixWeeks([course(ketorolac, { medicationCodeableConcept: named })])).toBe('unknown');
    expect(
      sixWeeks([course(ketorolac, by({ route: concept('snomed 54485002') }, { route: concept('snomed 26643006') }))]),
    ).toBe('true');
  });
  it('may be for another problem on file, where no reason is stated', () => {
    const known = (code: string): Resource => condition(code, { recordedDate: '2024-01-05' });
    for (const [code, problem] of [
      ['rxnorm 7258', 'icd M75.101'],
      ['rxnorm 7258', 'icd M25.561'],
      ['rxnorm 7258', 'icd N94.6'],
      ['rxnorm 704', 'icd G47.00'],
      ['rxnorm 25480', 'icd F10.20'],
      ['rxnorm 7804', 'icd C50.911'],
    ] as const) {
      expect(sixWeeks([known(problem), course(code, {})]), problem).toBe('unknown');
      expect(sixWeeks([known(problem), course(code, BACK)]), problem).toBe('true');
      expect(sixWeeks([known(problem), visit('2025-12-03', 'icd M54.50'), course(code, {})]), problem).toBe('true');
    }
  });
});

it('an injection of the spine for something else is no treatment of it', () => {
  const injections = (members: object): readonly Resource[] =>
    ['2025-12-03', '2025-12-31', '2026-01-20'].map((date) => procedure('cpt 62326', date, members));
  expect(sixWeeks(injections({}))).toBe('true');
  expect(sixWeeks(injections(BACK))).toBe('true');
  expect(sixWeeks(injections(because('icd O80')))).toBe('unknown');
  expect(sixWeeks(injections({ ...because('icd G89.4'), bodySite: concept('snomed 52612000') }))).toBe('true');
});

it('a drug that words say is for another part of the body proves no treatment', () => {
  const taken = (members: object): string => sixWeeks([drug('2025-12-03', { ...supply(60), ...members })]);
  const directions = (text: string, members: object = {}): string =>
    taken({ dosageInstruction: [{ text, ...members }] });
  expect(directions('1 tablet every 8 hours as needed for headache')).toBe('unknown');
  expect(directions('1 tablet', { asNeededCodeableConcept: concept('snomed 25064002') })).toBe('unknown');
  expect(directions('1 tablet', { asNeededCodeableConcept: concept('snomed 22253000') })).toBe('true');
  expect(directions('1 tablet', { asNeededCodeableConcept: { text: 'knee pain' } })).toBe('unknown');
  expect(taken({ reasonCode: [{ text: 'Right shoulder' }] })).toBe('unknown');
  for (const text of ['as needed for pain or headache', 'for low back and knee pain', 'take with food'])
    expect(directions(text), text).toBe('true');
  expect(taken({ ...BACK, dosageInstruction: [{ text: 'for knee pain' }] })).toBe('true');
});
