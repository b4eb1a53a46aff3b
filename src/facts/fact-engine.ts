import type { Chart } from '../chart/chart.ts';
import type { Section } from '../chart/sections.ts';
import { type Day, type Duration, type Interval, parseInterval, subtract } from '../dates/day.ts';
import { isLater, latestOf } from '../dates/later.ts';
import {
  type Birth,
  type Episode,
  type FactQuery,
  type FactSource,
  type FactValue,
  type Gap,
  type Later,
  ORDER_REASONS,
  type Region,
  SILENT,
  type Unseen,
} from '../policy/fact-source.ts';
import { lastDays, sooner } from '../policy/measure-time.ts';
import { withAnswers } from './answers.ts';
import { combined, filled, fromOrder } from './combined.ts';
import { type Asked, type FactContext, hasUnseen } from './context.ts';
import { duration } from './duration.ts';
import { currentEpisode } from './episode/episode.ts';
import { allergyEvidence } from './evidence/allergy.ts';
import { comparisonEvidence } from './evidence/comparison.ts';
import { courseEvidence } from './evidence/course.ts';
import { deviceEvidence } from './evidence/device.ts';
import { changeEvidence } from './evidence/drug-change.ts';
import { findingEvidence } from './evidence/finding.ts';
import { imagingEvidence, reportEvidence } from './evidence/imaging.ts';
import { improvementEvidence } from './evidence/improvement.ts';
import { measureEvidence } from './evidence/measure.ts';
import { medicationEvidence } from './evidence/medication.ts';
import { orderEvidence, ordererEvidence } from './evidence/order.ts';
import { persistenceEvidence } from './evidence/persistence.ts';
import { procedureEvidence } from './evidence/procedure.ts';
import { progressionEvidence } from './evidence/progression.ts';
import { signEvidence } from './evidence/sign.ts';
import { trendEvidence } from './evidence/trend.ts';
import { visitEvidence } from './evidence/visit.ts';
import { worseningEvidence } from './evidence/worsening.ts';
import { type FactPlan, sufficientlySeen } from './fact-plan.ts';
import type { Lookup } from './query-pool.ts';
import type { BlockInput, FactInput } from './schema.ts';
import { UNSEEN } from './speakers.ts';
import { type Item, Tally } from './tally.ts';
import { firstFound, lastLongAgo } from './timed.ts';
import type { Vocabulary } from './vocabulary.ts';
import { fitIn, type Window } from './window.ts';

/**
 * What was found or stated as absent is open again when it is suspected, or complained of, on a later day; on one that may be later
 * it is a conflict.
 */
function suspectedSince(value: FactValue, asOf: Day): FactValue {
  const { suspicions = [], stated, evidence } = value;
  if (value.truth !== 'false' || suspicions.length === 0) return value;
  const said = [stated, ...evidence.map(({ date }) => parseInterval(date))];
  const last = Math.min(latestOf(suspicions)?.hi ?? Number.NEGATIVE_INFINITY, asOf);
  if (last <= (latestOf(said)?.lo ?? Number.NEGATIVE_INFINITY)) return value;
  const { leads, considered } = value;
  return {
    truth: 'unknown',
    evidence: [],
    gap: isLater(suspicions, said) ? 'silent' : 'conflict',
    related: true,
    suggested: suspicions,
    suspicions,
    leads,
    considered,
  };
}

/** Derives the facts of one chart as of one day. Belongs to one request; the same query always gives the same value. */
export class FactEngine implements FactSource, FactContext {
  readonly asOf: Day;
  readonly asOfInstant: number | undefined;
  readonly serviceDate: Day;
  readonly chart: Chart;
  readonly vocabulary: Vocabulary;
  readonly #values: (FactValue | undefined)[] = [];
  readonly #asked: Lookup[] = [];
  readonly #spokenOf: Uint8Array;
  readonly #episodes = new Map<Region | 'any', Episode>();

  /**
   * @param asOf the order's date; its day counts, its instant serves windows in hours
   * @param serviceDate selects the text in force
   */
  constructor(chart: Chart, vocabulary: Vocabulary, asOf: Interval, serviceDate: Day) {
    this.chart = chart;
    this.vocabulary = vocabulary;
    this.asOf = asOf.hi;
    this.asOfInstant = asOf.at;
    this.serviceDate = serviceDate;
    this.#spokenOf = vocabulary.speakers.spokenOf(chart);
  }

  silent(fact: string): boolean {
    if (fact === ORDER_REASONS) return !this.chart.orderReasonUnread;
    const number = this.vocabulary.speakers.number(fact);
    return number !== undefined && this.#spokenOf[number] === 0;
  }

  unseen({ fact, source }: FactQuery): boolean {
    // a reason of the order may stand in a diagnosis that it refers to, in nothing else
    if (source === 'order-reason') return hasUnseen(this, 'Condition');
    const number = this.vocabulary.speakers.number(fact);
    return number !== undefined && this.#spokenOf[number] === UNSEEN;
  }

  set(name: string): number {
    return this.vocabulary.codes.number(name);
  }

  birth(): Birth | Unseen | undefined {
    const { birth, patientRef, seen } = this.chart;
    if (birth !== undefined) return { on: birth, reference: patientRef };
    return seen.has('Patient') ? { sections: ['Patient'] } : undefined;
  }

  episode(region: Region | 'any'): Episode {
    const known = this.#episodes.get(region);
    if (known !== undefined) return known;
    const episode = currentEpisode(this.chart, this.vocabulary, region, this.asOf);
    this.#episodes.set(region, episode);
    return episode;
  }

  fact(query: FactQuery): FactValue {
    const lookup = this.vocabulary.queries.lookup(query);
    if (this.#spokenOf[lookup.fact] === 0 && !this.#mayBeUnread(query)) return SILENT;
    const known = this.#values[lookup.index];
    if (known !== undefined) return known;
    const value = this.#beyondUnread(query, this.#derive(lookup));
    this.#values[lookup.index] = value;
    this.#asked.push(lookup);
    return value;
  }

  /** Is it asked of the order's reasons, of which one is stated in words alone? */
  #mayBeUnread({ source }: FactQuery): boolean {
    return source === 'order-reason' && this.chart.orderReasonUnread;
  }

  /** A reason of the order that nobody can read may be what is asked for: the order is not silent about it. */
  #beyondUnread(query: FactQuery, value: FactValue): FactValue {
    if (value.truth !== 'unknown' || value.gap !== 'silent' || !this.#mayBeUnread(query)) return value;
    const { orderRef: reference } = this.chart;
    const label = 'a reason of this order that no known code states';
    return { ...value, gap: 'unclear', leads: [...(value.leads ?? []), ...(reference ? [{ reference, label }] : [])] };
  }

  /** Every fact that was asked and on which the chart is not silent, with its value. */
  values(): readonly (readonly [FactQuery, FactValue])[] {
    return this.#asked.map(({ query, index }) => [query, this.#values[index] ?? SILENT]);
  }

  #derive(lookup: Lookup): FactValue {
    const { query, plan } = lookup;
    const own = this.#mute(plan) ? this.#silence(plan) : this.#evidence(plan, this.#window(query, plan), query);
    const composed = this.#compose(lookup, own);
    const answered = suspectedSince(this.#withAnswers(composed, plan, query), this.asOf);
    const aged = query.ago === undefined ? answered : lastLongAgo(answered, this.asOf, query.ago);
    const begun = query.begun === undefined ? aged : firstFound(aged, this.asOf, query.begun);
    return begun.truth === 'true' && restsOnEpisode(query, plan)
      ? { ...begun, until: sooner(begun.until, this.episode(query.region).until) }
      : begun;
  }

  /** The chart holds no record that the fact could be read from; those of its parts are another matter. */
  #mute({ sets, beside }: FactPlan): boolean {
    return beside.length === 0 && sets.every((set) => this.chart.bySet(set).length === 0);
  }

  #window(query: FactQuery, { lookback }: FactPlan): Window {
    const instant = this.asOfInstant === undefined ? {} : { asOfInstant: this.asOfInstant };
    const base = { asOf: this.asOf, ...instant };
    const length = query.within ?? (query.since === undefined ? lookback : undefined);
    if (query.since === undefined)
      return length === undefined ? base : { ...base, earliest: subtract(this.asOf, length), length };
    const anchor = this.#anchor(query.since, query.region, query.grace);
    // a current episode has begun by now, whenever that was: what is of the day itself belongs to it, and what came so long before
    if (anchor === undefined && query.since !== 'episode') return { ...base, uncertainBefore: this.asOf + 1 };
    if (anchor === undefined) {
      const reach = query.grace ?? NO_TIME;
      return { ...base, uncertainBefore: subtract(this.asOf, reach), length: reach };
    }
    // an event with a window of its own: evidence follows the event by no more than the window, which the query counts from today
    const floor = length === undefined ? undefined : subtract(this.asOf, length);
    const earliest = Math.max(anchor.earliest ?? Number.NEGATIVE_INFINITY, floor ?? Number.NEGATIVE_INFINITY);
    const reach = anchor.moving !== undefined && earliest === anchor.earliest ? anchor.moving : length;
    return {
      ...base,
      ...(earliest !== Number.NEGATIVE_INFINITY && { earliest }),
      ...(anchor.uncertainBefore !== undefined && { uncertainBefore: anchor.uncertainBefore }),
      ...(reach !== undefined && { length: reach }),
    };
  }

  /** The first day after an anchor: the onset of the episode, or the latest date of another fact. */
  #anchor(
    since: NonNullable<FactQuery['since']>,
    region: Region | 'any',
    grace: FactQuery['grace'],
  ): Anchor | undefined {
    const from = (day: Day): Day => before(day, grace);
    const after = ({ lo, hi }: Interval): Anchor => ({
      earliest: from(lo),
      ...(hi > lo && { uncertainBefore: from(hi) }),
    });
    if (since === 'episode') {
      const { onset, knownSince } = this.episode(region);
      if (onset !== undefined) return after(onset);
      return knownSince === undefined ? undefined : { uncertainBefore: from(knownSince) };
    }
    const { certainty = 'history' } = since;
    const query: FactQuery = { fact: since.fact, certainty, region, strictRegion: false };
    const event = this.fact(query);
    if (event.truth !== 'true' || event.when === undefined) return undefined;
    // of examinations the last one counts: what is dated before one that may have come later is not after it for sure
    const { evidence } = this.vocabulary.queries.lookup(query).plan.fact;
    const last = after(lastDays(event.when, evidence.some((b) => 'imaging' in b) ? event.later : undefined));
    return fromOrder(event) ? { ...last, moving: grace ?? NO_TIME } : last;
  }

  #evidence(plan: FactPlan, window: Window, query: FactQuery): FactValue {
    const asked: Asked = { query, window };
    const tally = new Tally(query.fact);
    let from: Day | undefined;
    for (const block of plan.fact.evidence) from = this.#block(block, asked, tally) ?? from;
    this.#leads(plan.fact, asked, tally);
    const decided = this.#asFarAsSeen(tally, plan);
    const leads = tally.leads();
    const { truth } = decided;
    const gap = truth === 'unknown' ? this.#gap(decided.gap, plan, tally.unseen) : NO_GAP;
    return {
      truth,
      evidence: decided.evidence,
      gap: gap.gap,
      sections: gap.sections,
      leads: filled(leads),
      goesOn: tally.goesOn || undefined,
      related: tally.related || undefined,
      outdated: (gap.gap === 'silent' && tally.outdated && !tally.related) || undefined,
      considered: filled(tally.considered),
      conflicts: decided.conflicts,
      sides: decided.sides,
      when: decided.when,
      later: this.#later(tally.openUntil, plan),
      first: decided.first,
      firstIsOnset: decided.firstIsOnset,
      stated: decided.stated,
      suggested: truth === 'unknown' ? filled([...tally.suggested, ...tally.suspicions]) : undefined,
      denied: truth === 'unknown' ? filled(tally.denied()) : undefined,
      reopened: truth === 'unknown' ? filled(tally.reopened()) : undefined,
      suspicions: filled(tally.suspicions),
      from: truth === 'true' ? undefined : from,
      until: decided.until,
      redoable: truth === 'false' && tally.redoable ? true : undefined,
      action: truth === 'unknown' ? tally.action : undefined,
    };
  }

  /** What a tally comes to; what speaks against it until something comes later does not, when that may not have been seen. */
  #asFarAsSeen(tally: Tally, plan: FactPlan): ReturnType<Tally['decide']> {
    const decided = tally.decide();
    return decided.truth === 'false' && tally.againstUntilLater && !sufficientlySeen(plan, this.chart.sections)
      ? { truth: 'unknown', evidence: [], gap: 'silent' }
      : decided;
  }

  /** The sections in which more could be found, if none that suffices was seen whole. */
  #unseen(plan: FactPlan): Unsettled {
    if (sufficientlySeen(plan, this.chart.sections)) return NO_GAP;
    return { gap: undefined, sections: plan.sections.filter((s) => this.chart.sections.get(s) !== 'complete') };
  }

  /** What may have come after the latest evidence that settles the question: what does not settle it, and what was not seen. */
  #later(openUntil: Day, plan: FactPlan): Later | undefined {
    const { sections } = this.#unseen(plan);
    if (sections !== undefined) return { until: this.asOf, sections };
    return openUntil === Number.NEGATIVE_INFINITY ? undefined : { until: Math.min(openUntil, this.asOf) };
  }

  #block(block: BlockInput, asked: Asked, tally: Tally): Day | undefined {
    if ('finding' in block) findingEvidence(block.finding, asked, this, tally);
    else if (asked.query.source === 'order-reason') return undefined;
    else if ('measure' in block) measureEvidence(block.measure, asked, this, tally);
    else if ('imaging' in block) imagingEvidence(block.imaging, asked, this, tally);
    else if ('report' in block) reportEvidence(block.report, asked, this, tally);
    else if ('procedure' in block) procedureEvidence(block.procedure, asked, this, tally);
    else if ('medication' in block) medicationEvidence(block.medication, asked, this, tally);
    else if ('visit' in block) visitEvidence(block.visit, asked, this, tally);
    else if ('order' in block) orderEvidence(block.order, asked, this, tally);
    else if ('orderer' in block) ordererEvidence(block.orderer, asked, this, tally);
    else if ('device' in block) deviceEvidence(block.device, asked, this, tally);
    else if ('allergy' in block) allergyEvidence(block.allergy, asked, this, tally);
    else if ('course' in block) return courseEvidence(block.course, asked, this, tally).from;
    else if ('improvement' in block) improvementEvidence(block.improvement, asked, this, tally);
    else if ('worsening' in block) worseningEvidence(block.worsening, asked, this, tally);
    else if ('persistence' in block) persistenceEvidence(block.persistence, asked, this, tally);
    else if ('sign' in block) signEvidence(block.sign, asked, this, tally);
    else if ('trend' in block) trendEvidence(block.trend, asked, this, tally);
    else if ('comparison' in block) comparisonEvidence(block.comparison, asked, this, tally);
    else if ('progression' in block) progressionEvidence(block.progression, asked, this, tally);
    else changeEvidence(block.change, asked, this, tally);
    return undefined;
  }

  /** Orders, documents and findings that only help to answer. */
  #leads(fact: FactInput, asked: Asked, tally: Tally): void {
    for (const [kind, sets] of Object.entries(fact.leads ?? {})) {
      for (const name of sets ?? []) {
        for (const record of this.chart.bySet(this.set(name))) {
          if (
            kind === 'orders'
              ? record.type !== 'order'
              : kind === 'documents'
                ? record.type !== 'lead'
                : record.type !== 'condition'
          )
            continue;
          const when =
            'when' in record
              ? record.when
              : record.type === 'condition'
                ? (record.onset ?? record.recorded)
                : undefined;
          if (fitIn(when, { asOf: asked.window.asOf }) === 'future') continue;
          if (record.type === 'condition' && record.verification === 'refuted') continue;
          if (kind === 'findings') tally.related = true;
          const item: Item = { ref: record.ref, date: when, basis: 'chart' };
          tally.lead(
            item,
            record.type === 'order'
              ? 'ordered'
              : record.type === 'lead'
                ? `${record.resource} on file`
                : 'a related finding',
          );
        }
      }
    }
  }

  #silence(plan: FactPlan): FactValue {
    const gap = this.#gap('silent', plan, new Set());
    if (gap.sections === undefined) return SILENT;
    return { truth: 'unknown', evidence: [], ...gap, later: this.#later(Number.NEGATIVE_INFINITY, plan) };
  }

  /** A silence is a silence only when one sufficient section is complete. */
  #gap(gap: Gap | undefined, plan: FactPlan, unseen: ReadonlySet<Section>): Unsettled {
    if (gap === 'incomplete') return { gap, sections: [...unseen] };
    if (gap !== 'silent') return { gap: gap ?? 'unclear', sections: undefined };
    const { sections } = this.#unseen(plan);
    if (sections !== undefined) return { gap: 'incomplete', sections };
    // enough was seen to say that there is none, not that nothing speaks for it
    return { gap, sections: filled(plan.sections.filter((s) => hasUnseen(this, s))) };
  }

  /** Facts made of others: the same question is asked of each. */
  #compose(lookup: Lookup, own: FactValue): FactValue {
    const { fact } = lookup.plan;
    if (fact.any === undefined && fact.all === undefined) return own;
    const parts = this.vocabulary.queries.parts(lookup).map((q) => this.fact(q));
    return combined(fact, own, parts);
  }

  #withAnswers(value: FactValue, plan: FactPlan, query: FactQuery): FactValue {
    const { answers } = this.chart;
    if (answers.length === 0 || query.source === 'order-reason') return value;
    const lasts = this.vocabulary.episode['suspicion-lasts'];
    const began = isOfTheEpisode(plan) ? this.#episodeBegan(query.region) : undefined;
    return withAnswers(value, plan, { query, window: this.#window(query, plan) }, answers, {
      ...(began !== undefined && { episodeBegan: began }),
      ...(lasts !== undefined && { suspicionLasts: duration(lasts) }),
    });
  }

  /** The first day that can belong to the current episode, as far as the chart tells. */
  #episodeBegan(region: Region | 'any'): Day | undefined {
    const { onset, knownSince, notBefore } = this.episode(region);
    if (onset !== undefined) return onset.lo;
    return knownSince === undefined ? notBefore : subtract(knownSince, duration(this.vocabulary.episode['not-a-gap']));
  }
}

/** The first day after what a question counts from. */
interface Anchor {
  readonly earliest?: Day;
  readonly uncertainBefore?: Day;
  /** it is the day of the order itself, less this: it moves with the order */
  readonly moving?: Duration;
}
const NO_TIME: Duration = { count: 0, unit: 'days' };

/** Evidence from so long before a day counts too. */
const before = (day: Day, grace: Duration | undefined): Day => (grace === undefined ? day : subtract(day, grace));

/** Why a fact is not settled: what was not seen of the chart. */
interface Unsettled {
  readonly gap: Gap | undefined;
  readonly sections: readonly Section[] | undefined;
}
const NO_GAP: Unsettled = { gap: undefined, sections: undefined };

/** Is it a course of treatment of the current episode, or how the episode went? */
const isOfTheEpisode = ({ fact }: FactPlan): boolean =>
  fact.evidence.some((b) => 'course' in b || 'improvement' in b || 'persistence' in b);

/** Is what is asked of the current episode, so that it ends with it? */
const restsOnEpisode = ({ since }: FactQuery, { fact }: FactPlan): boolean =>
  since === 'episode' || (since === undefined && fact.evidence.some((b) => 'course' in b));
