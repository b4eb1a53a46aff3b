import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into every measured process before its own code (`--import`): it tells what the process has used, when it is asked
 * over the channel of its parent, and at its end in the file BENCH_USAGE. Processes that it starts are asked by SIGWINCH, and
 * tell it in a file of the folder BENCH_USAGES that has their number as name.
 */
if (isMainThread) {
  const usage = (): unknown => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      cpuMs: (user + system) / 1000,
      rssMb: rss / 2 ** 20,
      heapMb: heapUsed / 2 ** 20,
      mostRssMb: process.resourceUsage().maxRSS / 1024,
    };
  };
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('message', (message) => {
    if (message === 'usage-collected') collect();
    if (message === 'usage' || message === 'usage-collected') process.send?.({ usage: usage() });
  });
  process.channel?.unref();
  const file = process.env['BENCH_USAGE'];
  const folder = process.env['BENCH_USAGES'];
  if (folder !== undefined)
    process.on('SIGWINCH', () => {
      collect();
      writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(usage()));
    });
  if (file !== undefined) process.on('exit', () => writeFileSync(file, JSON.stringify(usage())));
}
