import { availableParallelism, cpus } from 'node:os';
import { progress } from './markdown.ts';
import { batchPart } from './parts/batch.ts';
import { fetchPart } from './parts/fetch.ts';
import { growthPart } from './parts/growth.ts';
import { orderSelectPart } from './parts/order-select.ts';
import { policiesPart } from './parts/policies.ts';
import { startPart } from './parts/start.ts';

/** Each part measures and gives its result as Markdown. */
const PARTS: Readonly<Record<string, () => Promise<string>>> = {
  'order-select': orderSelectPart,
  fetch: fetchPart,
  growth: growthPart,
  policies: policiesPart,
  batch: batchPart,
  start: startPart,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`bench: there is no part "${unknown}"; parts: ${Object.keys(PARTS).join(' ')}`);
  process.exit(2);
}
const command = ['npm run bench', ...(wanted.length > 0 ? ['--', ...wanted] : [])].join(' ');
const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}`;
console.log(`\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine}\n`);
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  console.log(`${await part()}\n`);
  progress(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
