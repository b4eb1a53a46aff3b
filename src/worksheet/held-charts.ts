import type { Json } from '../chart/json.ts';
import type { PatientData } from '../criteria-check/order-check.ts';

/** The chart of a launch as it was read, so that a check does not read it again. */
export interface HeldChart {
  readonly data: PatientData;
  /** answers saved from this launch, or kept here because the EHR takes none */
  readonly saved: readonly Json[];
  /** epoch milliseconds */
  readonly readAt: number;
  /** of the answers of which it was read: in memory it takes some times as much */
  readonly bytes: number;
}

const KEPT_MS = 10 * 60_000;
const MOST = 100;
const MOST_BYTES = 64_000_000;

/** Charts of open worksheets, in memory for some minutes and within a bound; the least recently used give way, and are read again. */
export class HeldCharts {
  readonly #held = new Map<string, { readonly chart: HeldChart; readonly until: number }>();
  readonly #now: () => number;
  #bytes = 0;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(launch: string): HeldChart | undefined {
    const held = this.#held.get(launch);
    if (held === undefined) return undefined;
    this.#drop(launch);
    if (held.until <= this.#now()) return undefined;
    this.#put(launch, held.chart, held.until);
    return held.chart;
  }

  set(launch: string, chart: HeldChart): void {
    const now = this.#now();
    this.#drop(launch);
    this.#put(launch, chart, now + KEPT_MS);
    for (const [id, { until }] of this.#held) {
      const fits = this.#held.size <= MOST && this.#bytes <= MOST_BYTES;
      if ((fits && until > now) || id === launch) break;
      this.#drop(id);
    }
  }

  #put(launch: string, chart: HeldChart, until: number): void {
    this.#held.set(launch, { chart, until });
    this.#bytes += chart.bytes;
  }

  #drop(launch: string): void {
    this.#bytes -= this.#held.get(launch)?.chart.bytes ?? 0;
    this.#held.delete(launch);
  }
}
