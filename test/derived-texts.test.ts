import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { derivedOnce } from '../src/derived-texts.ts';
import { InvalidFileError, parseYaml } from '../src/yaml/yaml-file.ts';

const LONG = `${'# a long text\n'.repeat(400)}a: 1\n`;
const VALUE = { a: 1, list: ['x', null, 2.5] };
const never = (): never => {
  throw new Error('was derived again');
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parsed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what is derived from texts', () => {
  it('is kept: the same text is derived once', () => {
    expect(derivedOnce('values', LONG, () => VALUE, folder)).toEqual(VALUE);
    expect(derivedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('is found by the whole text: a change of one character is derived anew', () => {
    derivedOnce('values', LONG, () => VALUE, folder);
    expect(derivedOnce('values', LONG.replace('a: 1', 'a: 2'), () => 'new', folder)).toBe('new');
    expect(derivedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('is kept apart from where their values stand', () => {
    derivedOnce('values', LONG, () => VALUE, folder);
    expect(derivedOnce('positions', LONG, () => 'positions', folder)).toBe('positions');
    expect(derivedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('is not kept when deriving fails', () => {
    expect(() => derivedOnce('values', LONG, never, folder)).toThrow('was derived again');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is derived when the file is damaged, and kept again', () => {
    derivedOnce('values', LONG, () => VALUE, folder);
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file).subarray(0, 5));
    expect(derivedOnce('values', LONG, () => VALUE, folder)).toEqual(VALUE);
    expect(derivedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('is derived each time where nothing can be written', () => {
    const noFolder = join(folder, 'a-file');
    writeFileSync(noFolder, '');
    expect(derivedOnce('values', LONG, () => 1, noFolder)).toBe(1);
    expect(derivedOnce('values', LONG, () => 2, noFolder)).toBe(2);
  });

  it('of short texts is kept for scripts alone', () => {
    derivedOnce('values', 'a: 1', () => VALUE, folder);
    expect(readdirSync(folder)).toEqual([]);
    derivedOnce('script', 'a: 1', () => 'a', folder);
    expect(derivedOnce('script', 'a: 1', never, folder)).toBe('a');
  });
});

describe('a file that was parsed before', () => {
  it('still tells where its problems stand', () => {
    const schema = z.strictObject({ a: z.string() });
    const text = `# kept\n${LONG}`;
    const problem = (): readonly string[] => {
      try {
        parseYaml('x.yaml', text, schema);
      } catch (error) {
        if (error instanceof InvalidFileError) return error.problems;
      }
      return [];
    };
    expect(problem()).toEqual([expect.stringContaining('x.yaml:402:4 a: ')]);
    expect(problem()).toEqual([expect.stringContaining('x.yaml:402:4 a: ')]);
  });
});
