import type { Json } from '../chart/json.ts';
import type { PatientData } from '../criteria-check/order-check.ts';

/** The chart of a launch as it was read, so that a check does not read it again. */
export interface HeldChart {
  readonly data: PatientData;
  /** answers saved from this launch, or kept here because the EHR takes none */
  readonly saved: readonly Json[];
  /** epoch milliseconds */
  readonly readAt: number;
}

const KEPT_MS = 10 * 60_000;
const MOST = 100;

/** Charts of open worksheets, in memory for some minutes; the least recently used give way. */
export class HeldCharts {
  readonly #held = new Map<string, { readonly chart: HeldChart; readonly until: number }>();
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(launch: string): HeldChart | undefined {
    const held = this.#held.get(launch);
    if (held === undefined) return undefined;
    this.#held.delete(launch);
    if (held.until <= this.#now()) return undefined;
    this.#held.set(launch, held);
    return held.chart;
  }

  set(launch: string, chart: HeldChart): void {
    const now = this.#now();
    this.#held.delete(launch);
    this.#held.set(launch, { chart, until: now + KEPT_MS });
    for (const [id, { until }] of this.#held) {
      if (this.#held.size <= MOST && until > now) break;
      this.#held.delete(id);
    }
  }
}
