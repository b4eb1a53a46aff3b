import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './knowledge.ts';

/** The text of every test file, by its path below `test/` without `.test.ts`. */
export const testFiles = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.test.ts'))
      .map((f) => [f.slice(0, -'.test.ts'.length), readFileSync(join(ROOT, 'test', f), 'utf8')]),
  );

/** The beginning of a title that names requirements: "T001, T002: …". */
const NUMBERED = /['"`](T\d{3}(?:, T\d{3})*): /g;

/** The numbers of requirements that the titles of a test file begin with. */
export const numbersIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(NUMBERED)].flatMap(([, numbers = '']) => numbers.split(', ')));
