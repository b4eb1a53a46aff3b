import type { Section } from '../chart/sections.ts';
import type { Duration } from '../dates/day.ts';
import type { CodeIndex } from '../terminology/code-sets.ts';
import { duration } from './duration.ts';
import type { BlockInput, EpisodeInput, FactInput } from './schema.ts';
import { setsOf } from './sets-of.ts';

type Kind = BlockInput extends infer B ? (B extends unknown ? keyof B : never) : never;

/** Which sections a kind of evidence is read from; one of them, complete, suffices to say that there is none. */
const READ_FROM: Readonly<Record<Kind, readonly Section[]>> = {
  finding: ['Condition'],
  measure: ['Observation'],
  imaging: ['DiagnosticReport', 'Procedure', 'ImagingStudy'],
  report: ['DiagnosticReport'],
  procedure: ['Procedure'],
  medication: ['MedicationRequest', 'MedicationStatement'],
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
  change: ['MedicationRequest', 'MedicationStatement'],
};

const kindOf = (block: BlockInput): Kind => Object.keys(block)[0] as Kind;

/** How one fact is looked up, worked out once at start. */
export interface FactPlan {
  readonly fact: FactInput;
  readonly lookback?: Duration;
  /** the sections that it is read from */
  readonly sections: readonly Section[];
  /** one of these, complete, suffices to say that there is none; empty = no section says so */
  readonly sufficient: readonly Section[];
  /** a chart without a record of these code sets is silent; undefined = it looks at more than coded records */
  readonly speaking?: readonly number[];
}

/** Plans the lookup of a fact. @throws RangeError for a code set that does not exist */
export function planFact(
  fact: FactInput,
  episode: EpisodeInput,
  facts: ReadonlyMap<string, FactInput>,
  codes: CodeIndex,
): FactPlan {
  const first = fact.evidence[0];
  const coded = fact.evidence.every(onlyCoded);
  const names = [
    ...setsOf({ evidence: fact.evidence, leads: fact.leads }).map((s) => s.set),
    ...fact.evidence.flatMap((b) => ('improvement' in b ? episode.therapies : [])),
    ...fact.evidence.flatMap((b) => ('progression' in b ? signSets(b.progression.signs, facts) : [])),
  ];
  return {
    fact,
    ...(fact.lookback !== undefined && { lookback: duration(fact.lookback) }),
    sections: [...new Set(fact.evidence.flatMap((b) => READ_FROM[kindOf(b)]))],
    sufficient: fact.sufficient ?? (first === undefined ? [] : READ_FROM[kindOf(first)]),
    ...(coded && { speaking: [...new Set(names)].map((n) => codes.number(n)) }),
  };
}

/** Does a block look at records of its code sets alone? */
function onlyCoded(block: BlockInput): boolean {
  if ('visit' in block) return block.visit.codes !== undefined || block.visit.specialty !== undefined;
  return !('imaging' in block || 'course' in block || 'orderer' in block || 'persistence' in block);
}

/** The code sets of the findings that count as signs. */
const signSets = (signs: readonly string[], facts: ReadonlyMap<string, FactInput>): readonly string[] =>
  signs.flatMap((f) => (facts.get(f)?.evidence ?? []).flatMap((b) => ('finding' in b ? (b.finding.codes ?? []) : [])));
