import { describe, expect, it } from 'vitest';
import { type Day, formatInterval, parseDate } from '../../src/dates/day.ts';
import type { Episode } from '../../src/policy/fact-source.ts';
import { compareEpisode } from '../../src/policy/measure-time.ts';
import {
  AS_OF,
  visit as anyVisit,
  because,
  condition,
  drug,
  factsOf,
  pain,
  procedure,
  supply,
} from '../support/lumbar-facts.ts';
import { type ChartOptions, concept, type Resource } from '../support/tiny-chart.ts';

/** The current lumbar episode on 2026-03-02. */
const episode = (resources: readonly Resource[], options: ChartOptions = {}): Episode =>
  factsOf(resources, options).episode('lumbar');
const onset = (resources: readonly Resource[], options?: ChartOptions): string | undefined => {
  const { onset } = episode(resources, options);
  return onset === undefined ? undefined : formatInterval(onset);
};
const day = (text: string): Day => parseDate(text)?.lo ?? Number.NaN;
const since = (resources: readonly Resource[], options?: ChartOptions): Day | undefined =>
  episode(resources, options).knownSince;

const resolved = { clinicalStatus: { coding: [{ code: 'resolved' }] } };
const visit = (date: string, code = 'icd M54.50', members: object = {}): Resource => anyVisit(date, code, members);
const therapy = (date: string, code = 'icd M54.50'): Resource => procedure('cpt 97110', date, because(code));
const answer = (date: string, when: string, members: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'https://payer-policy-cds.example.org/fhir/CodeSystem/fact', code: 'episode-onset' }] },
  valueDateTime: date,
  effectiveDateTime: when,
  performer: [{ reference: 'Practitioner/doc' }],
  ...members,
});

describe('the onset', () => {
  it('is that of the complaint, not the day of the entry', () => {
    expect(onset([pain('2026-01-10', { recordedDate: '2026-02-01' })])).toBe('2026-01-10');
    expect(onset([condition('icd M54.50', { recordedDate: '2026-02-01' })])).toBeUndefined();
  });
  it('is the first of pain and radiculopathy of the region', () => {
    expect(onset([pain('2026-01-10'), condition('icd M54.16', { onsetDateTime: '2026-01-05' })])).toBe('2026-01-05');
    expect(onset([pain('2026-01-10'), condition('icd M54.2', { onsetDateTime: '2025-01-05' })])).toBe('2026-01-10');
    expect(onset([pain('2026-01-10'), condition('icd M54.9', { onsetDateTime: '2026-01-05' })])).toBe('2026-01-05');
  });
  it('keeps what is uncertain about it', () => {
    expect(onset([pain('2026-01')])).toBe('2026-01');
    expect(onset([pain('2025')])).toBe('2025');
    expect(onset([condition('icd M54.50', { onsetPeriod: { start: '2026-01-03', end: '2026-01-09' } })])).toBe(
      '2026-01-03/2026-01-09',
    );
  });
  it('is that of a deformity, which does not go away, unless it is said to have ended', () => {
    const curve = (members: object): Resource =>
      condition('icd M41.26', { onsetDateTime: '2023-01-10', clinicalStatus: undefined, ...members });
    const seen = visit('2026-02-20', 'icd M41.26');
    expect(onset([curve({}), seen])).toBe('2023-01-10');
    expect(onset([curve({ clinicalStatus: { coding: [{ code: 'active' }] } }), seen])).toBe('2023-01-10');
    expect(onset([curve(resolved), seen])).not.toBe('2023-01-10');
    expect(
      onset([condition('icd M48.061', { onsetDateTime: '2023-01-10', clinicalStatus: undefined }), seen]),
    ).not.toBe('2023-01-10');
  });
  it('is not that of a refuted, void, strange or later entry', () => {
    const refuted = { verificationStatus: { coding: [{ code: 'refuted' }] } };
    const voided = { verificationStatus: { coding: [{ code: 'entered-in-error' }] } };
    const strange = { subject: { reference: 'Patient/p2' } };
    for (const members of [refuted, voided, strange, { recordedDate: '2026-03-05' }])
      expect(onset([pain('2026-01-10', members)])).toBeUndefined();
    expect(onset([pain('2026-03-05')])).toBeUndefined();
  });
  it('of another problem counts where no complaint is on file', () => {
    expect(onset([condition('icd M48.061', { onsetDateTime: '2025-11-01' })])).toBe('2025-11-01');
    expect(onset([condition('icd M48.061', { onsetDateTime: '2025-11-01' }), pain('2026-01-10')])).toBe('2026-01-10');
    expect(onset([condition('icd M25.561', { onsetDateTime: '2025-11-01' })])).toBeUndefined();
  });
});

describe('a least duration', () => {
  it('comes from the day of the entry, visits and therapy for the complaint', () => {
    expect(since([condition('icd M54.50', { recordedDate: '2026-01-10' })])).toBe(day('2026-01-10'));
    expect(since([visit('2026-01-10')])).toBe(day('2026-01-10'));
    expect(since([therapy('2026-01-10')])).toBe(day('2026-01-10'));
    expect(since([visit('2026-01-10', 'icd M25.561')])).toBeUndefined();
    expect(since([therapy('2026-01-10', 'icd M25.561')])).toBeUndefined();
    expect(since([visit('2026-01-10', 'icd M54.50', { status: 'cancelled' })])).toBeUndefined();
  });
  it('is that of the earliest possible day when the entry names only a month', () => {
    expect(since([condition('icd M54.50', { recordedDate: '2025-12' })])).toBe(day('2025-12-31'));
  });
  it('proves that it lasts longer, never that it lasts no longer', () => {
    const least = episode([condition('icd M54.50', { recordedDate: '2026-01-10' })]);
    const weeks = (op: '>' | '<=', count: number): string =>
      compareEpisode(least, AS_OF.hi, { op, than: { count, unit: 'weeks' } }).truth;
    expect(weeks('>', 6)).toBe('true');
    expect(weeks('<=', 6)).toBe('false');
    expect(weeks('>', 12)).toBe('unknown');
    expect(weeks('<=', 12)).toBe('unknown');
  });
});

describe('time bands', () => {
  const band = (from: string, op: '>' | '<=' | '>=', count: number, unit: 'weeks' | 'months'): string =>
    compareEpisode(episode([pain(from)]), AS_OF.hi, { op, than: { count, unit } }).truth;
  it('day 42 is within six weeks, day 43 is not', () => {
    expect(band('2026-01-19', '<=', 6, 'weeks')).toBe('true');
    expect(band('2026-01-19', '>', 6, 'weeks')).toBe('false');
    expect(band('2026-01-18', '<=', 6, 'weeks')).toBe('false');
    expect(band('2026-01-18', '>', 6, 'weeks')).toBe('true');
  });
  it('three months are calendar months', () => {
    expect(band('2025-12-02', '>', 3, 'months')).toBe('false');
    expect(band('2025-12-01', '>', 3, 'months')).toBe('true');
    expect(band('2025-12-02', '>=', 3, 'months')).toBe('true');
  });
  it('a partial date decides only when all of its days agree', () => {
    expect(band('2026-02', '<=', 6, 'weeks')).toBe('true');
    expect(band('2026-01', '<=', 6, 'weeks')).toBe('unknown');
    expect(band('2025-12', '<=', 6, 'weeks')).toBe('false');
    expect(band('2025', '>', 3, 'months')).toBe('unknown');
    expect(band('2024', '>', 3, 'months')).toBe('true');
  });
});

describe('a new episode', () => {
  it('begins with a new onset date of the same complaint', () => {
    expect(onset([pain('2024-05-01'), pain('2026-02-20')])).toBe('2026-02-20');
    expect(onset([pain('2024-05-01', resolved), condition('icd M54.59', { onsetDateTime: '2026-02-20' })])).toBe(
      '2026-02-20',
    );
  });
  it('does not begin when the same onset is stated a little differently', () => {
    expect(onset([pain('2026-01-05'), condition('icd M54.59', { onsetDateTime: '2026-01-12' })])).toBe('2026-01-05');
    expect(onset([pain('2026-01'), condition('icd M54.59', { onsetDateTime: '2026-02-10' })])).toBe('2026-01');
  });
  it('does not begin when radicular pain joins the pain of the back', () => {
    expect(
      onset([pain('2025-10-01'), visit('2025-12-15'), condition('icd M54.16', { onsetDateTime: '2026-02-20' })]),
    ).toBe('2025-10-01');
  });
  it('may begin when radicular pain comes after 90 days in which nobody saw or treated the pain of the back', () => {
    const leg = condition('icd M54.16', { onsetDateTime: '2026-02-20' });
    expect(onset([pain('2025-10-01'), leg])).toBe('2025-10-01/2026-02-20');
    expect(onset([pain('2025-10-01'), visit('2025-11-22'), leg])).toBe('2025-10-01');
    expect(onset([pain('2025-10-01'), visit('2025-11-21'), leg])).toBe('2025-10-01/2026-02-20');
    expect(onset([pain('2025-10-01', { recordedDate: '2025-12-15' }), leg])).toBe('2025-10-01');
  });
  it('does not begin when radicular pain comes that the patient had in an episode long over', () => {
    const once = condition('icd M54.16', { onsetDateTime: '2012-01-01', abatementDateTime: '2013-01-01', ...resolved });
    const again = condition('icd M54.16', { onsetDateTime: '2026-02-20' });
    expect(onset([pain('2025-10-01'), visit('2025-12-15'), once, again])).toBe('2025-10-01');
    expect(onset([pain('2025-10-01', { abatementDateTime: '2025-11-01', ...resolved }), once, again])).toBe(
      '2026-02-20',
    );
  });
  it('begins after more than 90 days without visit, code or treatment', () => {
    const old = pain('2024-05-01', { ...resolved, abatementDateTime: '2024-08-01' });
    expect(since([old, visit('2026-02-20')])).toBe(day('2026-02-20'));
    expect(onset([old, visit('2026-02-20')])).toBeUndefined();
    const last = visit('2025-11-22');
    expect(since([visit('2025-08-24'), last, visit('2026-02-20')])).toBe(day('2025-08-24'));
    expect(since([visit('2025-08-23'), last, visit('2026-02-20')])).toBe(day('2025-11-22'));
    expect(since([visit('2025-11-21'), visit('2026-02-20')])).toBe(day('2026-02-20'));
  });
  it('ends when nothing was heard of it for 90 days', () => {
    expect(since([visit('2025-12-02')])).toBe(day('2025-12-02'));
    expect(since([visit('2025-12-01')])).toBeUndefined();
  });
  it('does not end while the entry is said to be active', () => {
    expect(onset([pain('2024-05-01')])).toBe('2024-05-01');
    expect(onset([pain('2024-05-01', resolved)])).toBeUndefined();
  });
  it('goes on through therapy and drugs', () => {
    const early = [visit('2025-08-01'), visit('2026-02-20')];
    expect(since(early)).toBe(day('2026-02-20'));
    expect(since([...early, therapy('2025-10-15'), therapy('2025-12-20')])).toBe(day('2025-08-01'));
    const forIt = because('icd M54.50');
    expect(since([...early, drug('2025-08-05', { ...forIt, ...supply(120) })])).toBe(day('2025-08-01'));
    // still listed as active, but nobody says that it was taken for more than a month
    expect(since([...early, drug('2025-08-05', forIt)])).toBe(day('2026-02-20'));
  });
  it('a drug for nothing in particular bridges what was supplied, and proves no complaint', () => {
    const early = [visit('2025-08-01'), visit('2026-02-20')];
    expect(since([...early, drug('2025-08-05')])).toBe(day('2026-02-20'));
    expect(since([...early, drug('2025-08-05', supply(120))])).toBe(day('2025-08-01'));
    expect(since([visit('2026-02-20'), drug('2024-01-01', supply(3000))])).toBe(day('2026-02-20'));
    const knee = { ...because('icd M25.561'), ...supply(120) };
    expect(since([...early, drug('2025-08-05', knee)])).toBe(day('2026-02-20'));
  });
});

describe('an onset that a clinician states', () => {
  it('counts where the chart states none, whatever the reason of the order', () => {
    const entry = condition('icd M54.50', { recordedDate: '2026-02-25' });
    const order = { resourceType: 'ServiceRequest', reasonCode: [concept('icd M54.50')] };
    expect(onset([entry, answer('2026-02-10', '2026-02-28')])).toBe('2026-02-10');
    expect(onset([entry, answer('2026-02-10', '2026-02-28')], { order })).toBe('2026-02-10');
    expect(onset([answer('2026-02-10', '2026-02-28')], { order })).toBe('2026-02-10');
  });
  it('wins over what the chart stated before, not after', () => {
    expect(onset([pain('2025-10-01', { recordedDate: '2025-10-05' }), answer('2026-02-10', '2026-02-28')])).toBe(
      '2026-02-10',
    );
    expect(onset([pain('2026-01-10', { recordedDate: '2026-03-01' }), answer('2026-02-10', '2026-02-28')])).toBe(
      '2026-01-10',
    );
  });
  it('stands beside a vague onset that was recorded on no known day', () => {
    const stated = answer('2025-12-15', '2026-03-02');
    for (const vague of ['2026', '2026-03']) expect(onset([pain(vague), stated])).toBe('2025-12-15');
    expect(onset([pain('2026-01-05', { recordedDate: '2026' }), stated])).toBe('2025-12-15');
    expect(onset([pain('2026-02'), answer('2025-12-15', '2026-01-20')])).toBe('2026-02');
  });
  it('is not that of an earlier episode', () => {
    const stated = answer('2023-12-01', '2024-01-10');
    expect(onset([condition('icd M54.50', { recordedDate: '2026-02-20' }), stated])).toBeUndefined();
    expect(onset([visit('2026-02-20'), stated])).toBeUndefined();
    expect(onset([pain('2026-02-20'), stated])).toBe('2026-02-20');
    const visits = ['2025-10-01', '2025-12-01', '2026-02-20'].map((date) => visit(date));
    expect(onset([...visits, answer('2025-09-01', '2025-10-01')])).toBe('2025-09-01');
  });
  it('is not that of a complaint that has ended since', () => {
    const over = pain('2025-12-01', { recordedDate: '2025-12-05', abatementDateTime: '2026-02-01', ...resolved });
    expect(onset([over, visit('2026-02-20'), answer('2025-11-15', '2026-02-10')])).toBe('2025-11-15');
    expect(onset([over, visit('2026-02-20'), answer('2025-11-15', '2026-01-10')])).not.toBe('2025-11-15');
  });
  it('the latest of several statements counts', () => {
    expect(onset([answer('2026-01-01', '2026-02-01'), answer('2026-02-10', '2026-02-28')])).toBe('2026-02-10');
  });
  it('does not count from the patient, of a later day, or about another region', () => {
    const entry = condition('icd M54.50', { recordedDate: '2026-02-25' });
    for (const members of [
      { performer: [{ reference: 'Patient/p1' }] },
      { performer: undefined },
      { effectiveDateTime: '2026-03-03' },
      { valueDateTime: '2026-03-03' },
      { status: 'preliminary' },
      { bodySite: concept('snomed 122494005') },
      { subject: { reference: 'Patient/p2' } },
    ])
      expect(onset([entry, answer('2026-02-10', '2026-02-28', members)]), JSON.stringify(members)).toBeUndefined();
  });
});

describe('a complaint that is over', () => {
  const over = pain('2016-02-10', { ...resolved, abatementDateTime: '2016-08-01', recordedDate: '2016-02-10' });
  it('has no episode now: what ended more than 90 days ago belongs to another', () => {
    expect(onset([over])).toBeUndefined();
    expect(since([over])).toBeUndefined();
    expect(episode([over]).notBefore).toBe(day('2025-12-02'));
    expect(episode([over, visit('2026-02-01')]).notBefore).toBeUndefined();
  });
  it('gives way to another problem of the region that goes on', () => {
    const disc = condition('icd M51.36', { onsetDateTime: '2025-10-01' });
    expect(onset([over, disc])).toBe('2025-10-01');
    expect(onset([over, pain('2026-01-10'), disc])).toBe('2026-01-10');
    const injury = condition('icd S33.5XXA', {
      ...resolved,
      onsetDateTime: '2012-03-03',
      abatementDateTime: '2012-06-01',
    });
    expect(onset([injury, therapy('2026-01-10', 'icd M51.36'), disc])).toBe('2025-10-01');
    expect(onset([over, condition('icd M50.30', { onsetDateTime: '2025-10-01' })])).toBeUndefined();
  });
});

describe('an onset that the chart does not bear out', () => {
  const weeks = (resources: readonly Resource[], op: '>' | '<=' = '>', count = 6): string =>
    compareEpisode(episode(resources), AS_OF.hi, { op, than: { count, unit: 'weeks' } }).truth;
  const course = [therapy('2026-01-05'), therapy('2026-01-19'), therapy('2026-02-16')];
  it('is open from the first visit or treatment on when one lies shortly before', () => {
    const entered = pain('2026-01-25', { recordedDate: '2026-01-25' });
    expect(onset([entered])).toBe('2026-01-25');
    expect(onset([entered, visit('2026-01-10')])).toBe('2026-01-10/2026-01-25');
    expect(episode([entered, ...course])).toMatchObject({ surelySince: day('2026-01-25') });
    expect([weeks([entered]), weeks([entered, ...course]), weeks([entered, ...course], '<=')]).toEqual([
      'false',
      'unknown',
      'unknown',
    ]);
    // long enough, or short enough, in any case
    expect(weeks([pain('2026-01-15'), ...course])).toBe('true');
    expect(weeks([entered, visit('2026-01-20')], '<=')).toBe('true');
  });
  it('is that of a new episode when nothing was heard of it for a month', () => {
    expect(onset([pain('2026-02-20'), visit('2026-01-21')])).toBe('2026-01-21/2026-02-20');
    expect(onset([pain('2026-02-20'), visit('2026-01-20')])).toBe('2026-02-20');
  });
  it('is that of a new episode beside an earlier onset of the same', () => {
    const once = pain('2025-09-01', resolved);
    expect(onset([once, pain('2026-02-20'), visit('2026-02-10')])).toBe('2026-02-20');
    const radicular = condition('icd M54.16', { onsetDateTime: '2025-09-01', ...resolved });
    expect(onset([radicular, pain('2026-02-20'), visit('2026-02-10')])).toBe('2026-02-10/2026-02-20');
  });
  const ended = (from: string, to: string): Resource => pain(from, { ...resolved, abatementDateTime: to });
  it('is open when the complaint has ended and is back', () => {
    const order = { resourceType: 'ServiceRequest', reasonCode: [concept('icd M54.50')] };
    expect(onset([ended('2025-12-10', '2026-01-31')], { order })).toBe('2025-12-10/2026-03-02');
    const back = [ended('2025-12-10', '2026-01-31'), visit('2026-02-10')];
    expect(onset(back)).toBe('2025-12-10/2026-02-10');
    expect([weeks(back), weeks(back, '<='), weeks(back, '>', 13)]).toEqual(['unknown', 'unknown', 'false']);
    const entered = condition('icd M54.50', {
      recordedDate: '2025-12-10',
      abatementDateTime: '2026-01-31',
      ...resolved,
    });
    expect(since([entered, visit('2026-02-10')])).toBe(day('2026-02-10'));
    expect(onset([entered, pain('2026-02-10'), visit('2026-01-20')])).toBe('2026-02-10');
  });
  it('is certain when another entry of it went on, or what ended was the diagnosis of a visit', () => {
    expect(onset([ended('2025-12-10', '2026-01-31'), condition('icd M54.16', { recordedDate: '2026-01-10' })])).toBe(
      '2025-12-10',
    );
    const ofVisit = { category: [{ coding: [{ code: 'encounter-diagnosis' }] }] };
    const closed = pain('2025-12-10', { ...resolved, abatementDateTime: '2025-12-10', ...ofVisit });
    expect(onset([closed, visit('2026-02-10')])).toBe('2025-12-10');
  });
  it('is open when another complaint took the place of one that is resolved', () => {
    const radicular = condition('icd M54.16', { onsetDateTime: '2026-02-10' });
    expect(onset([pain('2025-12-10', resolved), visit('2026-01-20'), radicular])).toBe('2025-12-10/2026-02-10');
    expect(onset([pain('2025-12-10'), visit('2026-01-20'), radicular])).toBe('2025-12-10');
  });
  it('is open when a later onset of the same has ended and the older entry goes on', () => {
    expect(onset([pain('2025-09-01'), ended('2025-12-20', '2026-02-10')])).toBe('2025-09-01/2025-12-20');
    expect(onset([pain('2025-09-01'), pain('2025-12-20')])).toBe('2025-12-20');
  });
});

it('a visit’s diagnosis whose onset is the day of its entry is no new onset for certain, when the complaint was seen before', () => {
  const ofVisit = { category: [{ coding: [{ code: 'encounter-diagnosis' }] }] };
  const entered = pain('2026-02-20', { recordedDate: '2026-02-20T10:00:00Z', ...ofVisit });
  const older = pain('2025-12-01');
  expect(onset([older, visit('2026-01-10'), entered])).toBe('2025-12-01/2026-02-20');
  expect(onset([older, therapy('2025-12-10'), entered])).toBe('2025-12-01/2026-02-20');
  expect(onset([pain('2025-09-01'), visit('2025-09-02'), entered])).toBe('2026-02-20');
  expect(onset([pain('2025-12-01', resolved), visit('2026-01-10'), entered])).toBe('2026-02-20');
  const dated = pain('2026-02-18', { recordedDate: '2026-02-20', ...ofVisit });
  expect(onset([older, visit('2026-01-10'), dated])).toBe('2026-02-18');
  expect(onset([older, visit('2026-01-10'), pain('2026-02-20', { recordedDate: '2026-02-20' })])).toBe('2026-02-20');
});

it('diagnoses of several visits, each with the day of its entry for an onset, date nothing while an older entry goes on', () => {
  const ofVisit = { category: [{ coding: [{ code: 'encounter-diagnosis' }] }] };
  const entered = (date: string, more = {}) => pain(date, { recordedDate: `${date}T10:00:00Z`, ...ofVisit, ...more });
  const older = pain('2025-12-01');
  expect(onset([older, entered('2025-12-03'), entered('2026-02-20')])).toBe('2025-12-01');
  expect(onset([older, entered('2026-01-10'), entered('2026-02-20')])).toBe('2025-12-01');
  const closed = (date: string) => entered(date, { ...resolved, abatementDateTime: date });
  expect(onset([older, closed('2025-12-03'), closed('2026-02-20')])).toBe('2025-12-01');
  expect(onset([older, entered('2026-02-20'), entered('2026-02-20')])).toBe('2025-12-01/2026-02-20');
  expect(onset([entered('2025-12-03'), entered('2026-02-20')])).toBe('2025-12-03/2026-02-20');
  const dated = pain('2026-02-18', { recordedDate: '2026-02-20', ...ofVisit });
  expect(onset([older, entered('2025-12-03'), entered('2026-01-10'), dated])).toBe('2026-02-18');
  expect(onset([older, entered('2025-12-03'), entered('2026-01-10'), pain('2026-02-18')])).toBe('2026-02-18');
});

it('an onset after the day on which its own entry was made is not certain', () => {
  expect(onset([pain('2026-02-20', { recordedDate: '2026-01-05' })])).toBe('2026-01-05/2026-02-20');
  expect(onset([pain('2026-02-20', { recordedDate: '2026-02-20' })])).toBe('2026-02-20');
  expect(onset([pain('2026-02-20', { recordedDate: '2024-01-05' })])).toBe('2026-02-20');
});

describe('a complaint that only visits tell of', () => {
  const fracture = condition('icd M48.56XA', { onsetDateTime: '2025-10-01' });
  it('is no older than they tell, while another problem dates the episode', () => {
    const seen = episode([fracture, visit('2026-02-10')]);
    expect(seen.onset).toBeDefined();
    expect(seen.complaint).toMatchObject({ knownSince: day('2026-02-10') });
    expect(seen.complaint?.onset).toBeUndefined();
  });
  it('has no length of its own when it is the only one', () => {
    expect(episode([fracture]).complaint).toBeUndefined();
    expect(episode([fracture, pain('2026-01-10')]).complaint).toBeUndefined();
    expect(episode([fracture, visit('2025-11-10')]).complaint).toBeUndefined();
  });
});

it('a truncated section makes a missing episode unknown, not absent', () => {
  expect(episode([], { states: { Condition: 'truncated' } })).toMatchObject({ sections: ['Condition'] });
  expect(episode([]).sections).toBeUndefined();
});
