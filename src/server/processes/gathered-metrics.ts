import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import type { Measured } from '../service.ts';

/** What only grows: it must not fall when a process ends, or it would be taken for a new start. */
const GROWS = new Set<unknown>(['counter', 'histogram', 'summary']);

const together = (measured: readonly Measured[]): Registry => AggregatorRegistry.aggregate([...measured]);

/** The measurements of all serving processes together, those that have ended included. */
export class GatheredMetrics {
  readonly #own = new Registry();
  readonly restarts = new Counter({
    name: 'cds_process_restarts_total',
    help: 'Serving processes that ended unexpectedly and were started again',
    registers: [this.#own],
  });
  readonly serving = new Gauge({ name: 'cds_processes', help: 'Processes that serve now', registers: [this.#own] });
  #ended: Measured = [];

  /** What the processes had counted that have ended by now. */
  get ended(): Measured {
    return this.#ended;
  }

  /** Keeps what a process had counted when it ended. */
  keep(measured: Measured): void {
    const grown = measured.filter((m) => GROWS.has(m.type));
    this.#ended = together([this.#ended, grown]).getMetricsAsArray() as unknown as Measured;
  }

  /**
   * @param running the measurements of the processes that ran at one moment
   * @param ended those of the processes that had ended at that moment
   */
  async text(running: readonly Measured[], ended: Measured): Promise<string> {
    return together([...running, ended, await this.#own.getMetricsAsJSON()]).metrics();
  }
}
