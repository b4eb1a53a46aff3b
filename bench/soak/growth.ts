import type { Usage } from '../measured-process.ts';

/** Memory at a moment. */
export interface Sample {
  /** since the start, in minutes */
  readonly minutes: number;
  readonly usage: Usage;
}

/** Growth of a value in a straight line through its samples (least squares), a minute. */
export function growth(samples: readonly Sample[], of: (usage: Usage) => number): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, s) => sum + s.minutes, 0) / n;
  const meanY = samples.reduce((sum, s) => sum + of(s.usage), 0) / n;
  const top = samples.reduce((sum, s) => sum + (s.minutes - meanX) * (of(s.usage) - meanY), 0);
  const bottom = samples.reduce((sum, s) => sum + (s.minutes - meanX) ** 2, 0);
  return bottom === 0 ? 0 : top / bottom;
}
