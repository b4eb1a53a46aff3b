import type { Evidence } from './fact-source.ts';

/** Each resource once for each fact. */
export function unique(evidence: readonly Evidence[]): readonly Evidence[] {
  const seen = new Map<string, Set<string | undefined>>();
  return evidence.filter((e) => {
    const refs = seen.get(e.fact);
    if (refs === undefined) seen.set(e.fact, new Set([e.reference]));
    else if (refs.has(e.reference)) return false;
    else refs.add(e.reference);
    return true;
  });
}
