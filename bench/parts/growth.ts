import { type Kind, orderSelect, prefetchKeysOf, storyChart } from '../bodies.ts';
import { ask, cpuOfOne } from '../load.ts';
import { markdownTable, progress } from '../markdown.ts';
import { startBare, startService } from '../measured-process.ts';

const SIZES = [30, 100, 300, 1000, 3000, 10_000];
const KINDS: readonly Kind[] = ['everyday', 'spine', 'contradicting'];
const SECONDS = 1;

interface Row {
  readonly kind: Kind;
  readonly resources: number;
  readonly kilobytes: number;
  readonly oursMs: number;
  readonly bareMs: number;
  /** the power of the number of resources with which the CPU time grew since the row before: 1 = linear */
  readonly power: number | undefined;
}

/** How CPU time grows with the size of the chart, beside a handler that only parses it. */
export async function growthPart(): Promise<string> {
  const ours = await startService();
  const keys = await prefetchKeysOf(ours.url);
  const own = storyChart(0).chart.length;
  const bare = await startBare((await ask(ours, orderSelect(keys, 0))).length);
  const rows: Row[] = [];
  for (const kind of KINDS) {
    for (let i = 0; i < 300; i++) await ask(ours, orderSelect(keys, 100, kind));
    let before: Row | undefined;
    for (const resources of SIZES) {
      progress(`growth, ${resources} resources, ${kind}`);
      const body = orderSelect(keys, Math.max(0, resources - own), kind);
      const oursMs = await cpuOfOne(ours, body, SECONDS);
      const bareMs = await cpuOfOne(bare, body, SECONDS / 2);
      const power: number | undefined =
        before && Math.log(oursMs / before.oursMs) / Math.log(resources / before.resources);
      before = { kind, resources, kilobytes: body.length / 1024, oursMs, bareMs, power };
      rows.push(before);
    }
  }
  const { rssMb } = await ours.usage();
  await Promise.all([ours.stop(), bare.stop()]);
  const slope = (kind: Kind): string => {
    const of = rows.filter((r) => r.kind === kind);
    const [from, to] = [of.find((r) => r.resources === 1000), of.at(-1)];
    const micros = ((to?.oursMs ?? 0) - (from?.oursMs ?? 0)) / ((to?.resources ?? 0) - (from?.resources ?? 0));
    return `${kind}: ${(micros * 1000).toFixed(1)} µs`;
  };
  return [
    '### Growth with the chart',
    `CPU time of one order-select call, one after the other. Everyday: laboratory values, problems, visits, drugs; spine: every resource speaks of the
spine; contradicting: each says of the same few drugs, findings and services that they were there, not there, suspected, refused or ordered. Power: 1 = twice the resources take twice the time (since the row above).`,
    markdownTable<Row>(
      [
        ['resources', (r) => `${r.resources}, ${r.kind}`],
        ['body, KB', (r) => r.kilobytes.toFixed(0)],
        ['CPU ms', (r) => r.oursMs.toFixed(2)],
        ['bare, CPU ms', (r) => r.bareMs.toFixed(2)],
        ['power', (r) => r.power?.toFixed(2) ?? ''],
      ],
      rows,
    ),
    `A further resource, from 1,000 to 10,000, costs (parsing included) ${KINDS.map(slope).join(', ')}. Memory after this: ${rssMb.toFixed(0)} MB.`,
  ].join('\n\n');
}
