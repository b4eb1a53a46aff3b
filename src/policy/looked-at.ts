import type { FactValue } from './fact-source.ts';

/** What was looked at, for explanations. */
export const lookedAt = (...values: readonly FactValue[]): Pick<FactValue, 'considered'> => {
  const considered = values.flatMap((v) => v.considered ?? []);
  return considered.length === 0 ? {} : { considered };
};
