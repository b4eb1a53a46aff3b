import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/knowledge.ts';
import { numbersIn, testFiles } from '../support/titles.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const FILES = testFiles();
const REGISTRY = 'https://registry.npmjs.org/';

interface Threat {
  readonly threat: string;
  readonly control: string;
  readonly proof: string;
}

const table = read('docs/threat-model.md').split('| threat | control | proof |')[1]?.split('\n\n')[0] ?? '';
const THREATS: readonly Threat[] = table
  .split('\n')
  .slice(2)
  .map((line) => line.split(' | '))
  .map(([threat = '', control = '', proof = '']) => ({
    threat: threat.slice(2),
    control,
    proof: proof.replace(/ \|$/, ''),
  }));

/** Does a text in quotes on a line of a test file hold a title? */
const hasTitle = (text: string, title: string): boolean =>
  text.split('\n').some((line) => line.includes(title) && /['"`]/.test(line.slice(0, line.indexOf(title))));

/** What is wrong with a proof: "`file` T001, "title"; `other` …". */
function problems(proof: string): readonly string[] {
  return proof.split('; ').flatMap((part) => {
    const [, file = '', rest = ''] = /^`([^`]+)` (.+)$/.exec(part) ?? [];
    const text = FILES.get(file);
    if (text === undefined) return [`no file: ${part}`];
    const titles = [...rest.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
    const numbers = [...rest.replace(/"[^"]+"/g, '').matchAll(/T\d{3}/g)].map(([number]) => number);
    return [
      ...(titles.length + numbers.length === 0 ? [`names no test: ${part}`] : []),
      ...titles.filter((title) => !hasTitle(text, title)).map((title) => `${file} has no "${title}"`),
      ...numbers.filter((n) => !numbersIn(text).has(n)).map((n) => `${file} has no ${n}`),
    ];
  });
}

describe('the threat model', () => {
  it('has a control and a proof for each threat', () => {
    expect(THREATS.length).toBeGreaterThan(30);
    for (const { threat, control, proof } of THREATS)
      for (const cell of [threat, control, proof]) expect(cell, threat).toMatch(/\w{3}/);
  });

  it.each(THREATS)('"$threat" is proved by tests that exist', ({ proof }) => {
    expect(problems(proof)).toEqual([]);
  });

  it('every dependency has an exact version, and an integrity in the lockfile', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Readonly<
      Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<
        Record<string, { readonly integrity?: string; readonly resolved?: string; readonly inBundle?: boolean }>
      >;
    };
    const foreign = Object.entries(packages).filter(
      ([path, { integrity, resolved = REGISTRY, inBundle = false }]) =>
        path !== '' && ((integrity?.startsWith('sha512-') !== true && !inBundle) || !resolved.startsWith(REGISTRY)),
    );
    expect(foreign.map(([path]) => path)).toEqual([]);
  });
});
