import { describe, expect, it } from 'vitest';
import { buildCard } from '../../src/cards/build-card.ts';
import type { CheckedOrder } from '../../src/criteria-check/order-check.ts';
import { add, type Day, formatDay } from '../../src/dates/day.ts';
import { type AnswersContext, type GivenAnswer, responseOf } from '../../src/documentation/answers.ts';
import { formOf } from '../../src/documentation/questionnaire.ts';
import type { NearestPath } from '../../src/policy/assessment.ts';
import type { Region } from '../../src/policy/fact-source.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { checkResources, loadVignettes } from '../../src/vignettes/run.ts';
import { type VignetteResources, vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

/** A vignette with its resources and its check: what a card promises is tried on them. */
interface Case {
  readonly vignette: Vignette;
  readonly fhir: VignetteResources;
  readonly check: CheckedOrder;
}

const cases: readonly Case[] = loadVignettes(`${ROOT}/test/vignettes`)
  .flatMap((file) => file.vignettes)
  .flatMap((vignette) => {
    const fhir = vignetteToFhir(vignette, CANONICAL_BASE);
    const check = checkResources(fhir, vignette, checker());
    return check === undefined ? [] : [{ vignette, fhir, check }];
  });

const onDay = ({ vignette, fhir }: Case, day: Day): CheckedOrder | undefined =>
  checkResources({ ...fhir, order: { ...fhir.order, authoredOn: formatDay(day) } }, vignette, checker());

/** The check with answers on file, as the worksheet saves them for the region of the order. */
function answered({ vignette, fhir, check }: Case, answers: readonly GivenAnswer[]): CheckedOrder | undefined {
  const { vocabulary } = checker().knowledge;
  const asked = new Map(
    check.assessment.missing.flatMap(({ fact, region, instead = [] }) =>
      [fact, ...instead.map((f) => f.fact)].map((name) => [name, region] as const),
    ),
  );
  const byRegion = Map.groupBy(answers, (a): Region | undefined => asked.get(a.fact) ?? check.region);
  const responses = [...byRegion].map(([region, given], i) => {
    const form = formOf(check.policy, region, vocabulary, checker().canonical);
    const context: AnswersContext = {
      base: 'https://ehr.example.org/fhir',
      patientId: 'p1',
      author: 'Practitioner/orderer',
      about: check.order.ref,
      order: { display: 'Imaging order', onFile: false },
      authored: `${formatDay(check.order.asOf.hi)}T12:00:00Z`,
    };
    return { ...responseOf(form, given, context), id: `answers-${i}` } as unknown as VignetteResources['order'];
  });
  return checkResources({ ...fhir, chart: [...fhir.chart, ...responses] }, vignette, checker());
}

/**
 * What a way asks for, as answers; a fact that is asked with two windows is answered once.
 * @param ago how many days before the order the facts were found or done
 */
function answersTo(path: NearestPath, { order }: CheckedOrder, ago: number): readonly GivenAnswer[] {
  const date = formatDay(order.asOf.hi - ago);
  return [...new Set(path.needs.map((n) => n.fact))].map((fact) =>
    fact.startsWith('not:') ? { fact: fact.slice('not:'.length), value: 'no', date } : { fact, value: 'yes', date },
  );
}

const isMet = (check: CheckedOrder | undefined): boolean => check?.assessment.outcome === 'met';

/** Cases of which a promise does not come true, each with the reason why that is no mistake of the card. */
const EVENTS_TO_COME: ReadonlySet<string> = new Set([
  // entries dated after the order do not exist yet on its day
  'edge-planned-later',
  'IIC-forbidden-after-the-order',
  '7.b.i-entered-later',
  // the visit repeats an entry that is older than the window by then, so that the sign is no longer known to be new
  'edge-incontinence-recent',
  'edge-foot-drop-back',
  // a second onset of the pain begins a new episode once the first is over
  'IIB2-chronic',
]);

describe('dates', () => {
  it('validUntil is a day on which the criteria are still met with the same chart', () => {
    const dated = cases.flatMap((c) => {
      const { validUntil } = c.check.assessment;
      return validUntil === undefined || EVENTS_TO_COME.has(c.vignette.id) ? [] : [{ ...c, validUntil }];
    });
    expect(dated.length).toBeGreaterThan(1000);
    expect(dated.filter((c) => !isMet(onDay(c, c.validUntil))).map((c) => c.vignette.id)).toEqual([]);
  });

  it('an ending counts the end of the episode', () => {
    const seen = cases.find((c) => c.vignette.id === 'CO-met');
    if (seen === undefined) throw new Error('there is no vignette CO-met');
    const last = seen.check.assessment.validUntil ?? 0;
    expect(last).toBe(add(seen.check.order.asOf.hi, { count: 81, unit: 'days' }));
    expect(isMet(onDay(seen, last + 1))).toBe(false);
  });
});

/** Ways that answers alone do not end, and why. */
const LEFT_OPEN: ReadonlySet<string> = new Set([
  // the reason of the order has to be changed in the order
  '6-refuted',
  'CM-other-reason',
  // the chart names only the year of the examination, or the month of an answer: another date has to be stated there
  'IIIB3-stated-only-refuted',
  'IVBiv-too-late-some-day',
  // that a cancer is new, the day on which it began says, which stands in the chart
  'CM-suspected',
  // films are asked since an accident: that has to be on file too, and may stand in what was not read
  'SP-6.1-contrast-cut',
  'IA-denied-some-day',
  'IA-answers-some-day',
  'IA-negative-sign-some-day',
]);

/** What else than the way an order waits for: questions of exclusions, exclusions left to a reviewer, and studies under a condition. */
const isHeldUp = ({ assessment: { missing, paths, openExclusions = [] } }: CheckedOrder): boolean => {
  const isOfWay = (criterion: string): boolean => paths.some((p) => p.criterion === criterion);
  const isOfExclusion = (criterion: string): boolean => openExclusions.some((e) => e.criterion === criterion);
  return (
    missing.some((m) => m.further !== true && (!m.criteria.some(isOfWay) || m.criteria.some(isOfExclusion))) ||
    openExclusions.some((e) => !missing.some((m) => m.criteria.includes(e.criterion)))
  );
};

describe('nearest ways', () => {
  const toDocument = cases.flatMap((c) => {
    const [path] = c.check.assessment.paths;
    const promised =
      c.check.assessment.outcome === 'undetermined' &&
      path !== undefined &&
      path.kind !== 'wait' &&
      path.otherStudies === undefined &&
      !isHeldUp(c.check) &&
      path.needs.every((n) => n.fact !== 'episode-onset');
    return promised ? [{ ...c, path }] : [];
  });
  /** found or done today, yesterday, or longer ago where the criterion says "at least so long ago" */
  const DAYS_AGO = [0, 1, 120, 240, 380, 400];
  const tried = toDocument.map((c) => ({
    ...c,
    ago: DAYS_AGO.find((ago) => isMet(answered(c, answersTo(c.path, c.check, ago)))),
  }));

  it('answered as they ask, the criteria are met', () => {
    expect(toDocument.length).toBeGreaterThan(800);
    const open = tried.filter((c) => c.ago === undefined && !LEFT_OPEN.has(c.vignette.id));
    expect(open.map((c) => `${c.vignette.id} ${c.path.criterion} ${c.path.needs.map((n) => n.fact)}`)).toEqual([]);
  });

  it('with any one fact that a question names in its place they are met as well', () => {
    const inPlace = tried.flatMap(({ ago, ...c }) =>
      ago === undefined
        ? []
        : c.check.assessment.missing
            .filter((m) => m.criteria[0] === c.path.criterion)
            .flatMap((m) => (m.instead ?? []).map((other) => ({ ...c, asked: m.fact, other: other.fact }))),
    );
    expect(inPlace.length).toBeGreaterThan(500);
    const open = inPlace.filter(({ asked, other, ...c }) => {
      const needs = c.path.needs.map((n) => (n.fact === asked ? { ...n, fact: other } : n));
      return !DAYS_AGO.some((ago) => isMet(answered(c, answersTo({ ...c.path, needs }, c.check, ago))));
    });
    expect(open.map((c) => `${c.vignette.id} ${c.path.criterion} ${c.asked}: ${c.other}`)).toEqual([]);
  });

  it('with one answer less they are not met by this criterion', () => {
    const superfluous = tried.flatMap(({ ago, ...c }) => {
      const answers = ago === undefined ? [] : answersTo(c.path, c.check, ago);
      return answers.flatMap((left) => {
        const now = answered(
          c,
          answers.filter((a) => a !== left),
        );
        const byIt = now?.assessment.satisfied.some((s) => s.criterion === c.path.criterion);
        return isMet(now) && byIt ? [`${c.vignette.id} ${c.path.criterion} ${left.fact}`] : [];
      });
    });
    expect(superfluous).toEqual([]);
  });
});

describe('next steps', () => {
  const options = {
    sourceLabel: 'Spine imaging criteria check',
    canonicalBase: CANONICAL_BASE,
    studies: checker().knowledge.studies,
    quirks: new Set<string>(),
  };
  const created = (check: CheckedOrder): readonly Readonly<Record<string, unknown>>[] =>
    (buildCard(check, options).suggestions ?? []).flatMap(({ actions }) =>
      actions.flatMap((a) => (a.type === 'create' ? [a.resource] : [])),
    );

  it('that are on order are not suggested again, and change nothing before they are done', () => {
    const offered = cases.flatMap((c) => created(c.check).map((resource) => ({ ...c, resource })));
    expect(offered.length).toBeGreaterThan(300);
    const again = offered.filter(({ vignette, fhir, check, resource }) => {
      const ordered = {
        ...resource,
        resourceType: 'ServiceRequest',
        id: 'next-step',
        status: 'active',
        intent: 'order',
        authoredOn: formatDay(check.order.asOf.hi),
      };
      const now = checkResources({ ...fhir, chart: [...fhir.chart, ordered] }, vignette, checker());
      const same =
        now !== undefined && created(now).some((r) => JSON.stringify(r['code']) === JSON.stringify(resource['code']));
      return same || now?.assessment.outcome !== check.assessment.outcome;
    });
    expect(again.map((c) => c.vignette.id)).toEqual([]);
  });
});

describe('an exclusion that is not settled', () => {
  const heldUp = cases.filter(
    ({ check: { assessment } }) =>
      assessment.outcome === 'undetermined' && (assessment.openExclusions ?? []).length > 0,
  );

  it('is named on the card, with an entry of the chart that raised it', () => {
    expect(heldUp.length).toBeGreaterThan(50);
    const bare = heldUp.filter(({ check: { assessment } }) =>
      assessment.openExclusions?.some((e) => e.label === '' || e.cite === ''),
    );
    expect(bare.map((c) => c.vignette.id)).toEqual([]);
    const silent = heldUp.filter(
      ({ check: { assessment } }) =>
        assessment.reason === 'reviewer' && assessment.openExclusions?.[0]?.evidence.length === 0,
    );
    expect(silent.map((c) => c.vignette.id)).toEqual([]);
  });

  it('is not read away: what is left to a reviewer is not met as documented', () => {
    const left = heldUp.filter((c) => c.check.assessment.reason === 'reviewer');
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter((c) => c.check.assessment.asDocumented === 'met').map((c) => c.vignette.id)).toEqual([]);
  });

  it('every question of it answered no gives what the chart alone is said to give, or better', () => {
    const asked = heldUp.filter(
      ({ check: { assessment } }) =>
        assessment.asDocumented === 'met' && assessment.missing.length > 0 && assessment.paths.length === 0,
    );
    expect(asked.length).toBeGreaterThan(0);
    const worse = asked.filter((c) => {
      const date = formatDay(c.check.order.asOf.hi);
      const no = c.check.assessment.missing.map(({ fact }): GivenAnswer => ({ fact, value: 'no', date }));
      return answered(c, no)?.assessment.outcome === 'not-met';
    });
    expect(worse.map((c) => c.vignette.id)).toEqual([]);
  });
});
