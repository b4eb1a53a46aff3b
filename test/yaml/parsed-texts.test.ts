import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parsedOnce } from '../../src/yaml/parsed-texts.ts';
import { InvalidFileError, parseYaml } from '../../src/yaml/yaml-file.ts';

const LONG = `${'# a long text\n'.repeat(400)}a: 1\n`;
const VALUE = { a: 1, list: ['x', null, 2.5] };
const never = (): never => {
  throw new Error('was parsed again');
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parsed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('parsed texts', () => {
  it('are kept: the same text is not parsed again', () => {
    expect(parsedOnce('values', LONG, () => VALUE, folder)).toEqual(VALUE);
    expect(parsedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('are found by the whole text: a change of one character is parsed', () => {
    parsedOnce('values', LONG, () => VALUE, folder);
    expect(parsedOnce('values', LONG.replace('a: 1', 'a: 2'), () => 'new', folder)).toBe('new');
    expect(parsedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('are kept apart from where their values stand', () => {
    parsedOnce('values', LONG, () => VALUE, folder);
    expect(parsedOnce('positions', LONG, () => 'positions', folder)).toBe('positions');
    expect(parsedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('are not kept when parsing fails', () => {
    expect(() => parsedOnce('values', LONG, never, folder)).toThrow('was parsed again');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are parsed when the file is damaged, and kept again', () => {
    parsedOnce('values', LONG, () => VALUE, folder);
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file).subarray(0, 5));
    expect(parsedOnce('values', LONG, () => VALUE, folder)).toEqual(VALUE);
    expect(parsedOnce('values', LONG, never, folder)).toEqual(VALUE);
  });

  it('are parsed each time where nothing can be written', () => {
    const noFolder = join(folder, 'a-file');
    writeFileSync(noFolder, '');
    expect(parsedOnce('values', LONG, () => 1, noFolder)).toBe(1);
    expect(parsedOnce('values', LONG, () => 2, noFolder)).toBe(2);
  });

  it('are not kept when they are short', () => {
    parsedOnce('values', 'a: 1', () => VALUE, folder);
    expect(readdirSync(folder)).toEqual([]);
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
