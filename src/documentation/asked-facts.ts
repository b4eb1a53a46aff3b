import { createHash } from 'node:crypto';
import type { Atom, CompiledPolicy } from '../policy/compiled-policy.ts';
import type { FactCatalog, FactQuery, Region } from '../policy/fact-source.ts';
import { factCode, factQuestion, REGION_WORDS } from '../policy/words.ts';

/** A fact that a clinician can state, as a question. */
export interface AskedFact {
  /** its code: the linkId of its question */
  readonly code: string;
  readonly label: string;
  /** neutral, and without a window: the date of the answer tells when */
  readonly question: string;
  /** answered with yes or no, or with a date */
  readonly answer: 'boolean' | 'date';
}

/** The one fact that is a date. */
const ONSET = 'episode-onset';

/** Names the region in a question that speaks of "this region of the spine". */
const inRegion = (question: string, region: Region | undefined): string =>
  region === undefined ? question : question.replace(/this region( of the spine)?/g, REGION_WORDS[region]);

/** What a leaf asks of the chart; the order's own reasons are changed in the order, not stated here. */
function queriesOf(atom: Atom): readonly FactQuery[] {
  if (atom.kind === 'age' || atom.kind === 'episode') return [];
  const queries = atom.kind === 'schedule' ? [atom.countedFrom, atom.last] : [atom.query];
  return queries.filter((q) => q.source !== 'order-reason');
}

/**
 * The facts of a policy that a clinician can state about a region, in the order in which the policy asks them.
 * @param region undefined for studies of no spine region: the facts that are about none
 */
export function askedFacts(
  policy: CompiledPolicy,
  region: Region | undefined,
  catalog: FactCatalog,
): readonly AskedFact[] {
  const out = new Map<string, AskedFact>();
  const here = (r: Region | 'any'): boolean => r === 'any' || r === region;
  for (const atom of policy.atoms) {
    if (atom.kind === 'episode' && here(atom.region)) {
      const { label = 'onset', ask = 'On which date did the current episode begin?' } = catalog.describe(ONSET) ?? {};
      out.set(ONSET, { code: ONSET, label, question: inRegion(ask, region), answer: 'date' });
    }
    for (const query of queriesOf(atom)) {
      const code = factCode(query);
      if (!here(query.region) || out.has(code)) continue;
      const question = inRegion(factQuestion(query, catalog), region);
      const label = catalog.describe(query.fact)?.label ?? query.fact;
      out.set(code, { code, label, question, answer: 'boolean' });
    }
  }
  return [...out.values()];
}

/** Hex digits that stand for a content: the same content always gives the same. */
export const contentHash = (content: unknown, digits: number): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, digits);
