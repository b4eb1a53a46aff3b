import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { policySchema } from '../../src/cli/policy-schema.ts';
import { editorSchema, SCHEMA_NAMES, type SchemaName, schemaText } from '../../src/criteria-check/editor-schemas.ts';
import { policyFiles } from '../../src/policy/policy-set.ts';
import { temporaryFolder } from '../support/bundle.ts';
import { ROOT } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';

const inFolder = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((f) => f.endsWith('.yaml'))
    .map((f) => join(folder, f));
const FILES: Readonly<Record<SchemaName, readonly string[]>> = {
  policy: policyFiles(`${ROOT}/policies`),
  facts: inFolder(`${ROOT}/policies/facts`),
  codes: inFolder(`${ROOT}/policies/codes`),
  studies: [`${ROOT}/policies/studies.yaml`],
  payers: [`${ROOT}/policies/payers.yaml`],
  vignettes: inFolder(`${ROOT}/test/vignettes`),
};
const read = (file: string): Record<string, unknown> => parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

describe('JSON Schemas for editors', () => {
  for (const name of SCHEMA_NAMES) {
    const schema = z.fromJSONSchema(editorSchema(name));
    it(`${name}: accepts every file of the project, and no unknown member`, () => {
      for (const file of FILES[name]) {
        const content = read(file);
        expect(schema.safeParse(content).error?.issues ?? [], file).toEqual([]);
        expect(schema.safeParse({ ...content, 'no-such-member': 1 }).success, file).toBe(false);
      }
    });
  }

  it('tell mistakes deep in a policy', () => {
    const schema = z.fromJSONSchema(editorSchema('policy'));
    const [file] = FILES.policy;
    const text = readFileSync(file ?? '', 'utf8');
    const broken = text.replace(/criteria:/, 'criterias:');
    expect(broken).not.toBe(text);
    expect(schema.safeParse(parse(broken)).success).toBe(false);
  });

  it('carry the descriptions of members', () => {
    expect(schemaText('policy')).toContain('a red flag that is always in play and read open-world');
    expect(schemaText('facts')).toContain('older evidence, for or against, is not current');
  });

  it('are printed and written by the command', async () => {
    const { text } = await runCommand(policySchema, ['facts']);
    expect(JSON.parse(text)).toMatchObject({ $schema: expect.stringContaining('json-schema.org') });
    const folder = temporaryFolder();
    await runCommand(policySchema, [folder, '--write']);
    expect(readdirSync(folder).sort()).toEqual(SCHEMA_NAMES.map((n) => `${n}.schema.json`).sort());
    await expect(runCommand(policySchema, ['nothing'])).rejects.toThrow(/expected one of policy/);
  });
});
