import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { exportFiles } from '../src/batch/run-batch.ts';

/** The bare minimum: reads the NDJSON files of a folder line by line and parses each. */
let lines = 0;
for (const file of exportFiles(process.argv[2] ?? ''))
  for await (const line of createInterface({ input: createReadStream(file) })) {
    JSON.parse(line);
    lines++;
  }
console.log(`${lines} lines`);
