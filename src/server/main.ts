import cluster from 'node:cluster';
import { readConfig } from './config.ts';
import { problemLines } from './problem-lines.ts';
import { checkStoreFile } from './store-file.ts';

/** Clear lines on why the service does not start. */
function stop(error: unknown): never {
  const lines = problemLines(error);
  if (lines === undefined) console.error(error);
  else for (const line of lines) console.error(line);
  process.exit(1);
}

/** Output that nobody reads any more (a closed pipe) is no reason to die. */
function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/** One process serves; or a first one keeps several that serve, and is none of them. */
async function main(): Promise<void> {
  surviveClosedOutput();
  const config = readConfig(process.env);
  if (cluster.isPrimary) checkStoreFile(config);
  if (cluster.isWorker) {
    const { serveWithOthers } = await import('./processes/serving.ts');
    return serveWithOthers(config);
  }
  if (config.WORKERS > 1) {
    const { keepProcesses } = await import('./processes/first.ts');
    return keepProcesses(config);
  }
  const { serveAlone } = await import('./serve-alone.ts');
  return serveAlone(config);
}

main().catch(stop);
