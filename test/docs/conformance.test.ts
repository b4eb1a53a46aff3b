import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/knowledge.ts';
import { numbersIn, testFiles } from '../support/titles.ts';

const DOCUMENT = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8');
const LAST = 147;

/** "T140 to T145, T147" as single numbers. */
const numbers = (cell: string): readonly string[] =>
  cell.split(', ').flatMap((part) => {
    const [from = 0, to = from] = [...part.matchAll(/T(\d{3})/g)].map((m) => Number(m[1]));
    return Array.from({ length: to - from + 1 }, (_, i) => `T${String(from + i).padStart(3, '0')}`);
  });

const rows = [...DOCUMENT.matchAll(/^\| (T[^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, cell = '', , proof = '']) => ({
  numbers: numbers(cell),
  // a list of files and nothing else, or a reason in words
  files: /^`[^`]+`(, `[^`]+`)*$/.test(proof) ? [...proof.matchAll(/`([^`]+)`/g)].map((m) => m[1]) : [],
}));
const proved = rows.filter((r) => r.files.length > 0);
const unproved = rows.filter((r) => r.files.length === 0);

it('every number stands in one row: with its tests, or with the reason why it has none', () => {
  const all = rows.flatMap((r) => r.numbers);
  expect([...all].sort()).toEqual(numbers(`T001 to T${LAST}`));
});

it('each row names exactly the files in whose titles its number stands', () => {
  const where = new Map<string, string[]>();
  for (const [file, text] of testFiles())
    for (const n of numbersIn(text)) where.set(n, [...(where.get(n) ?? []), file].sort());
  const listed = new Map(proved.flatMap((r) => r.numbers.map((n) => [n, r.files])));
  expect(new Map([...listed].sort())).toEqual(new Map([...where].sort()));
  expect(listed.size).toBeGreaterThan(100);
});

it('what is said to have no test has none', () => {
  const titled = new Set([...testFiles().values()].flatMap((text) => [...numbersIn(text)]));
  expect(unproved.flatMap((r) => r.numbers).filter((n) => titled.has(n))).toEqual([]);
  expect(unproved.length).toBeGreaterThan(3);
});
