import type { Section, SectionState } from '../chart/sections.ts';
import { add, type Day, type Duration } from '../dates/day.ts';
import type { CodeIndex } from '../terminology/code-index.ts';
import { duration } from './duration.ts';
import type { BlockInput, EpisodeInput, FactInput } from './schema.ts';
import { setsOf } from './sets-of.ts';

type Kind = BlockInput extends infer B ? (B extends unknown ? keyof B : never) : never;

/** Where it is said which drugs a patient has; that one was not handed out or given here does not say that it is not taken. */
export const LISTS_OF_DRUGS: readonly Section[] = ['MedicationRequest', 'MedicationStatement'];
/** Where it stands which of them were handed over or given. */
export const SUPPLIES: readonly Section[] = ['MedicationDispense', 'MedicationAdministration'];
const DRUGS: readonly Section[] = [...LISTS_OF_DRUGS, ...SUPPLIES];

/** Which sections a kind of evidence is read from; of most one, complete, suffices to say that there is none. */
const READ_FROM: Readonly<Record<Kind, readonly Section[]>> = {
  finding: ['Condition'],
  measure: ['Observation'],
  imaging: ['DiagnosticReport', 'Procedure', 'ImagingStudy'],
  report: ['DiagnosticReport'],
  procedure: ['Procedure'],
  medication: DRUGS,
  visit: ['Encounter'],
  order: ['ServiceRequest'],
  orderer: [],
  device: ['Device'],
  allergy: ['AllergyIntolerance'],
  course: ['Procedure'],
  improvement: ['Observation'],
  worsening: ['Observation'],
  persistence: ['Observation', 'Encounter'],
  sign: ['Condition', 'Encounter'],
  trend: ['Observation'],
  comparison: ['Observation'],
  progression: ['Condition', 'Encounter'],
  change: DRUGS,
};

const kindOf = (block: BlockInput): Kind => Object.keys(block)[0] as Kind;

/** What a fact may be read from beside coded records: any examination, any visit, or more than that (episodes, the orderer). */
export type Beside = 'imaging' | 'visits' | 'more';

/** How one fact is looked up, worked out once at start. */
export interface FactPlan {
  readonly fact: FactInput;
  readonly lookback?: Duration;
  /** the sections that it is read from */
  readonly sections: readonly Section[];
  /** sections that may tell of it too: a complaint may stand in the reasons of visits */
  readonly toldIn: readonly Section[];
  /** one of these, complete, suffices to say that there is none; empty = no section says so */
  readonly sufficient: readonly Section[];
  /** where an EHR has none of these, the basket of the call suffices */
  readonly standsInBasket: boolean;
  /** it is read from records of these code sets */
  readonly sets: readonly number[];
  /** it looks at more than records of its code sets */
  readonly beside: readonly Beside[];
  /** is it something that takes place (an examination, a visit), or partly so, or what may cease again? */
  readonly takesPlace: 'wholly' | 'partly' | 'no';
}

/** Where clinicians' answers stand: any fact may be among them. */
export const ANSWERS: readonly Section[] = ['Observation', 'QuestionnaireResponse'];

/** Only a clinician can tell: no evidence in a chart proves it. */
const isAttested = ({ evidence, any, all }: FactInput): boolean =>
  evidence.length === 0 && any === undefined && all === undefined;

/** Plans the lookup of a fact. @throws RangeError for a code set that does not exist */
export function planFact(
  fact: FactInput,
  episode: EpisodeInput,
  facts: ReadonlyMap<string, FactInput>,
  codes: CodeIndex,
): FactPlan {
  const first = fact.evidence[0];
  const names = [
    ...setsOf({ evidence: fact.evidence, leads: fact.leads }).map((s) => s.set),
    ...fact.evidence.flatMap((b) => ('improvement' in b ? episode.therapies : [])),
    ...fact.evidence.flatMap((b) => ('progression' in b ? signSets(b.progression.signs, facts) : [])),
  ];
  const lookback = lookbackOf(fact, facts);
  return {
    fact,
    ...(lookback !== undefined && { lookback }),
    sections: isAttested(fact) ? ANSWERS : [...new Set(fact.evidence.flatMap((b) => READ_FROM[kindOf(b)]))],
    toldIn: fact.evidence.some((b) => 'finding' in b && b.finding.complaint) ? READ_FROM.visit : [],
    sufficient: fact.sufficient ?? (first === undefined ? [] : sufficientFor(first)),
    standsInBasket: fact['stands-in-basket'],
    sets: [...new Set(names)].map((n) => codes.number(n)),
    beside: [...new Set(fact.evidence.flatMap((b) => besideOf(b) ?? []))],
    takesPlace: takesPlace(fact, facts),
  };
}

/** What has taken place is not undone by what comes later. */
const EVENTS: readonly Kind[] = ['imaging', 'report', 'procedure', 'visit'];
/** What may begin on any day, and cease. */
const BEGINS: readonly Kind[] = [...EVENTS, 'course', 'device', 'medication', 'order'];

function takesPlace(fact: FactInput, facts: ReadonlyMap<string, FactInput>): FactPlan['takesPlace'] {
  const parts = [...(fact.any ?? []), ...(fact.all ?? [])].flatMap((name) => {
    const part = facts.get(name);
    return part === undefined ? [] : [takesPlace(part, facts)];
  });
  const isEvent = (block: BlockInput): boolean =>
    EVENTS.includes(kindOf(block)) && !('procedure' in block && block.procedure['undone-by'] !== undefined);
  if (fact.evidence.length + parts.length === 0) return 'no';
  if (fact.evidence.every(isEvent) && parts.every((p) => p === 'wholly')) return 'wholly';
  return fact.evidence.some((b) => BEGINS.includes(kindOf(b))) || parts.some((p) => p !== 'no') ? 'partly' : 'no';
}

/**
 * How long ago something may be that still counts. What is made of other facts reaches back no farther than they do: of
 * alternatives as far as the farthest, of facts that have to hold together as far as the nearest.
 */
function lookbackOf(fact: FactInput, facts: ReadonlyMap<string, FactInput>): Duration | undefined {
  if (fact.lookback !== undefined) return duration(fact.lookback);
  if (fact.evidence.length > 0) return undefined;
  const parts = (names: readonly string[]): readonly (Duration | undefined)[] =>
    names.map((name) => {
      const part = facts.get(name);
      return part === undefined ? undefined : lookbackOf(part, facts);
    });
  const any = parts(fact.any ?? []);
  const all = parts(fact.all ?? []).flatMap((d) => d ?? []);
  const farthest = any.length > 0 && any.every((d) => d !== undefined) ? any.flatMap((d) => d ?? []) : [];
  const [longest, shortest] = [sortedByLength(farthest).at(-1), sortedByLength(all)[0]];
  return sortedByLength([longest, shortest].flatMap((d) => d ?? []))[0];
}

/** Shortest first. */
const sortedByLength = (durations: readonly Duration[]): readonly Duration[] => {
  const length = (d: Duration): Day => add(A_DAY, d);
  return [...durations].sort((a, b) => length(a) - length(b));
};

/** Some day to measure durations by. */
const A_DAY: Day = 0;

/** Was enough seen of a chart to say that there is none? */
export const sufficientlySeen = (
  { sufficient, standsInBasket }: Pick<FactPlan, 'sufficient' | 'standsInBasket'>,
  states: ReadonlyMap<Section, SectionState>,
): boolean =>
  sufficient.length === 0 ||
  sufficient.some((s) => {
    const state = states.get(s);
    return state === 'complete' || (standsInBasket && state === 'not-available');
  });

/**
 * That there was no such examination any of its sections says; what examinations show stands in their reports alone, and that a
 * drug is not taken in the lists of drugs.
 */
function sufficientFor(block: BlockInput): readonly Section[] {
  if ('medication' in block || 'change' in block) return LISTS_OF_DRUGS;
  if (!('imaging' in block)) return READ_FROM[kindOf(block)];
  const { shows, denies, lacks, result } = block.imaging;
  const ofResult = shows !== undefined || denies !== undefined || lacks !== undefined || result !== 'any';
  return ofResult ? ['DiagnosticReport'] : READ_FROM.imaging;
}

/** What a block looks at beside records of its code sets. */
function besideOf(block: BlockInput): Beside | undefined {
  if ('imaging' in block) return 'imaging';
  if ('visit' in block)
    return block.visit.codes !== undefined || block.visit.specialty !== undefined ? undefined : 'visits';
  return 'course' in block || 'orderer' in block || 'persistence' in block ? 'more' : undefined;
}

/** The code sets of the findings that count as signs. */
const signSets = (signs: readonly string[], facts: ReadonlyMap<string, FactInput>): readonly string[] =>
  signs.flatMap((f) => (facts.get(f)?.evidence ?? []).flatMap((b) => ('finding' in b ? (b.finding.codes ?? []) : [])));
