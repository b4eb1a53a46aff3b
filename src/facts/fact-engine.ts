import type { Chart } from '../chart/chart.ts';
import { NAMED_FOR_ITSELF } from '../chart/reading-sets.ts';
import { type Day, type Interval, parseInterval, subtract } from '../dates/day.ts';
import { isLater, latestOf } from '../dates/later.ts';
import {
  type Birth,
  type Episode,
  type FactQuery,
  type FactSource,
  type FactValue,
  ORDER_REASONS,
  type Region,
  SILENT,
  type Unseen,
} from '../policy/fact-source.ts';
import { sooner } from '../policy/measure-time.ts';
import { withAnswers } from './answers.ts';
import { asFarAsSeen, gapOf, mayFollow, NO_GAP, silence } from './as-far-as-seen.ts';
import { combined, filled } from './combined.ts';
import { type Asked, type FactContext, hasUnseen } from './context.ts';
import { duration } from './duration.ts';
import { currentEpisode } from './episode/episode.ts';
import { readBlock } from './evidence/read-block.ts';
import type { FactPlan } from './fact-plan.ts';
import { readLeads } from './leads.ts';
import type { Lookup } from './query-pool.ts';
import { windowOf } from './question-window.ts';
import { UNSEEN } from './speakers.ts';
import { Tally } from './tally.ts';
import { firstFound, lastLongAgo } from './timed.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { Window } from './window.ts';

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
  const isOpenAgain = isLater(suspicions, said);
  return {
    truth: 'unknown',
    evidence: [],
    gap: isOpenAgain ? 'silent' : 'conflict',
    denied: isOpenAgain ? undefined : evidence,
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
    if (fact === ORDER_REASONS) return !this.chart.orderReasonOpen.any && this.chart.orderReasonOpen.means.size === 0;
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

  /** Is it asked of the order's reasons, of which one that nobody can read may be it? */
  #mayBeUnread({ source, fact }: FactQuery): boolean {
    if (source !== 'order-reason') return false;
    const { any, means } = this.chart.orderReasonOpen;
    return any || (means.size > 0 && this.#isMeant(fact, means));
  }

  /** Is it what words mean: by words for just that, else by those for what policies ask of reasons, or for the spine? */
  #isMeant(fact: string, means: ReadonlySet<number>): boolean {
    const { codes } = this.vocabulary;
    const { sets } = this.vocabulary.plan(fact);
    const own = NAMED_FOR_ITSELF.map((name) => this.set(name));
    if (sets.some((set) => own.some((words) => codes.includes(set, words)))) return sets.some((set) => means.has(set));
    const spine = this.set('spine-problem');
    const ofSpine = sets.some((set) => codes.includes(spine, set) || codes.includes(set, spine));
    return means.has(this.set('reason-that-matters')) || (ofSpine && means.has(this.set('reason-of-the-spine')));
  }

  /** A finding that a reason of the order names in words is suspected on that day, whatever was ruled out before. */
  #withWords(value: FactValue, { sets }: FactPlan): FactValue {
    const { means } = this.chart.orderReasonOpen;
    if (value.truth === 'true' || means.size === 0 || !sets.some((set) => means.has(set))) return value;
    const days = (known: readonly Interval[] = []): readonly Interval[] => [...known, { lo: this.asOf, hi: this.asOf }];
    if (value.truth === 'unknown') return { ...value, suggested: days(value.suggested) };
    return { ...value, suspicions: days(value.suspicions) };
  }

  /** A reason of the order that nobody can read may be what is asked for: the order is not silent about it. */
  #beyondUnread(query: FactQuery, value: FactValue): FactValue {
    if (value.truth !== 'unknown' || value.gap !== 'silent' || !this.#mayBeUnread(query)) return value;
    const { orderRef: reference } = this.chart;
    const label = 'a reason of this order that no known code states';
    const asUnread = { ...value, gap: 'unclear', unread: true } as const;
    if (reference === undefined) return asUnread;
    return {
      ...asUnread,
      leads: [...(value.leads ?? []), { reference, label }],
      considered: [...(value.considered ?? []), { reference, verdict: 'lead', reason: label }],
    };
  }

  /** Every fact that was asked and on which the chart is not silent, with its value. */
  values(): readonly (readonly [FactQuery, FactValue])[] {
    return this.#asked.map(({ query, index }) => [query, this.#values[index] ?? SILENT]);
  }

  #derive(lookup: Lookup): FactValue {
    const { query, plan } = lookup;
    const own = this.#mute(plan) ? silence(plan, this) : this.#evidence(plan, windowOf(query, plan, this), query);
    const composed = this.#compose(lookup, own);
    const answered = suspectedSince(this.#withWords(this.#withAnswers(composed, plan, query), plan), this.asOf);
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

  #evidence(plan: FactPlan, window: Window, query: FactQuery): FactValue {
    const asked: Asked = { query, window };
    const tally = new Tally(query.fact);
    let from: Day | undefined;
    for (const block of plan.fact.evidence) from = readBlock(block, asked, this, tally) ?? from;
    readLeads(plan.fact, asked, this, tally);
    const decided = asFarAsSeen(tally, plan, this);
    const leads = tally.leads();
    const { truth } = decided;
    const gap = truth === 'unknown' ? gapOf(decided.gap, plan, tally.unseen, this) : NO_GAP;
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
      later: mayFollow(tally.openUntil, plan, this),
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
    return withAnswers(value, plan, { query, window: windowOf(query, plan, this) }, answers, {
      ...(began !== undefined && { episodeBegan: began }),
      ...(lasts !== undefined && { suspicionLasts: duration(lasts) }),
    });
  }

  /** The days on which the current episode may have begun, as far as the chart tells. */
  #episodeBegan(region: Region | 'any'): Interval | undefined {
    const { onset, surelySince, knownSince, notBefore } = this.episode(region);
    if (onset !== undefined) return { lo: onset.lo, hi: Math.min(surelySince ?? onset.hi, this.asOf) };
    const first =
      knownSince === undefined ? notBefore : subtract(knownSince, duration(this.vocabulary.episode['not-a-gap']));
    return first === undefined ? undefined : { lo: first, hi: first };
  }
}

/** Is it a course of treatment of the current episode, or how the episode went? */
const isOfTheEpisode = ({ fact }: FactPlan): boolean =>
  fact.evidence.some((b) => 'course' in b || 'improvement' in b || 'persistence' in b);

/** Is what is asked of the current episode, so that it ends with it? */
const restsOnEpisode = ({ since }: FactQuery, { fact }: FactPlan): boolean =>
  since === 'episode' || (since === undefined && fact.evidence.some((b) => 'course' in b));
