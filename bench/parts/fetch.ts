import { orderSelectByToken, storyChart } from '../bodies.ts';
import { ask, median, percentile } from '../load.ts';
import { markdownTable, progress } from '../markdown.ts';
import { type ServerProcess, startService } from '../measured-process.ts';
import { slowFhir } from '../slow-fhir.ts';

const LATENCIES = [20, 100, 300];
const EXTRA = 105;
const WARM = 5;
const CALLS = 15;

interface Row {
  readonly latency: number;
  readonly pages: number;
  readonly requests: number;
  readonly chainMs: number;
  readonly walls: readonly number[];
}

async function measure(server: ServerProcess, latency: number, pages: number): Promise<Row> {
  const { patient, coverage, chart } = storyChart(EXTRA);
  const resources = [patient, coverage, ...chart];
  const largest = Math.max(...[...Map.groupBy(resources, (r) => r.resourceType).values()].map((r) => r.length));
  const fhir = await slowFhir(resources, latency, Math.ceil(largest / pages));
  const body = orderSelectByToken(fhir.base);
  for (let i = 0; i < WARM; i++) await ask(server, body);
  const before = fhir.asked();
  const walls: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const started = performance.now();
    const answer = await ask(server, body);
    walls.push(performance.now() - started);
    if (/"state":"(failed|truncated)"/.test(answer)) throw new Error('a section of the chart was not read whole');
  }
  const requests = (fhir.asked() - before) / CALLS;
  await fhir.close();
  return { latency, pages, requests, chainMs: latency * pages, walls };
}

/** No prefetch: how much longer an answer takes than the longest chain of searches that wait for each other. */
export async function fetchPart(): Promise<string> {
  const server = await startService();
  const rows: Row[] = [];
  for (const latency of LATENCIES)
    for (const pages of [1, 3]) {
      progress(`fetch, ${latency} ms, ${pages} pages`);
      rows.push(await measure(server, latency, pages));
    }
  await server.stop();
  return [
    '### No prefetch',
    `order-select without prefetch, a chart of about 100 KB on a FHIR server that takes so long for every answer. The slowest chain is the
largest search with its pages, one after the other; what is beyond it is ours. ${CALLS} calls each.`,
    markdownTable<Row>(
      [
        ['FHIR server', (r) => `${r.latency} ms, largest search on ${r.pages} page${r.pages === 1 ? '' : 's'}`],
        ['requests', (r) => r.requests.toFixed(0)],
        ['slowest chain, ms', (r) => r.chainMs.toFixed(0)],
        ['answer p50, ms', (r) => median(r.walls).toFixed(0)],
        ['beyond the chain p50, ms', (r) => (median(r.walls) - r.chainMs).toFixed(0)],
        ['beyond the chain p95, ms', (r) => (percentile(r.walls, 95) - r.chainMs).toFixed(0)],
      ],
      rows,
    ),
  ].join('\n\n');
}
