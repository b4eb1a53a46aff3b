import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyFiles } from '../../src/policy/policy-set.ts';
import { yamlNames } from '../../src/yaml/yaml-names.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yaml-names-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
}

describe('files that would never be read are refused', () => {
  it('in a folder of YAML files: another ending', () => {
    put('b.yaml', 'a.yaml', 'keys.json', 'README.md');
    expect(yamlNames(folder)).toEqual(['a.yaml', 'b.yaml']);
    put('c.yml');
    expect(() => yamlNames(folder)).toThrow(
      /c\.yml:1:1 this file is never read: expected a name that ends with \.yaml/,
    );
  });

  it.each(['acme/mri/2026-03-01.yml', 'acme/mri/draft.yaml', 'acme/2026-03-01.yaml'])(
    'in a folder of policies: %s',
    (file) => {
      put(
        'payers.yaml',
        'facts/pain.yaml',
        'codes/drugs.yaml',
        'acme/mri/2025-03-01.yaml',
        'acme/mri/TRACE.md',
        '..2026/x/y.yaml',
      );
      expect(policyFiles(folder)).toEqual([join(folder, 'acme/mri/2025-03-01.yaml')]);
      put(file);
      expect(() => policyFiles(folder)).toThrow(
        `${join(folder, file)}:1:1 this file is never read: expected <payer>/<policy>/<effective-date>.yaml`,
      );
    },
  );
});
