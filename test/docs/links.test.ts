import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/knowledge.ts';

const markdown = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((f) => f.isFile() && f.name.endsWith('.md'))
    .map((f) => relative(ROOT, join(f.parentPath, f.name)));

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((f) => f.endsWith('.md')),
  ...['docs', 'policies', 'bench', 'smart-config', 'cds-services'].flatMap(markdown),
].sort();

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** A document without its code, in which brackets are no links. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const before = seen.get(slug);
    seen.set(slug, (before ?? 0) + 1);
    anchors.add(before === undefined ? slug : `${slug}-${before}`);
  }
  return anchors;
}

const exists = (path: string): boolean => statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined;

/** Links of a document that lead nowhere. */
function broken(file: string): readonly string[] {
  const links = [...prose(textOf(file)).matchAll(/\]\(([^)\s]+)(?:\s"[^"]*")?\)/g)].map(([, target = '']) => target);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return !URL.canParse(link);
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), decodeURIComponent(path));
    if (!exists(target)) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).has(anchor);
  });
}

describe('the documents', () => {
  it('are all looked at', () => {
    for (const file of ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/threat-model.md'])
      expect(DOCUMENTS).toContain(file);
  });

  it.each(DOCUMENTS)('%s: every link leads to a file and a heading that exist', (file) => {
    expect(broken(file)).toEqual([]);
  });

  it('every page of docs/ is linked from the README or from a page that is', () => {
    const reached = new Set(['README.md']);
    for (const file of reached)
      for (const [, target = ''] of prose(textOf(file)).matchAll(/\]\(([^)\s#]+\.md)(?:#[^)]*)?\)/g))
        if (!/^[a-z]+:/.test(target) && exists(join(dirname(file), target))) reached.add(join(dirname(file), target));
    expect(markdown('docs').filter((f) => !reached.has(f))).toEqual([]);
  });

  it('name only scripts of npm and commands that exist', () => {
    const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: object }).scripts);
    // what was tried with other people's software was built with their scripts
    const unknown = DOCUMENTS.filter((file) => file !== 'docs/conformance-smart.md').flatMap((file) =>
      [...textOf(file).matchAll(/npm run (?:-s )?([a-z]+(?::[a-z]+)*)/g)]
        .filter(([, name = '']) => !scripts.includes(name))
        .map(([command]) => `${file}: ${command}`),
    );
    expect(unknown).toEqual([]);
  });

  it('name only commands of ours that exist', () => {
    const help = execFileSync(process.execPath, ['src/cli/main.ts', '--help'], { cwd: ROOT, encoding: 'utf8' });
    const commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(10);
    const unknown = DOCUMENTS.flatMap((file) =>
      [...textOf(file).matchAll(/npm run cli -- ([a-z]+)(?: ([a-z]+))?/g)]
        .filter(([, one, two]) => !commands.includes(`${one} ${two}`) && !commands.includes(one))
        .map(([command]) => `${file}: ${command}`),
    );
    expect(unknown).toEqual([]);
  });

  it('name only folders and files of the project that exist', () => {
    const missing = DOCUMENTS.flatMap((file) =>
      [...textOf(file).matchAll(/`((?:src|test|docs|bench|policies|cds-services|deploy)\/[\w./-]*\w\/?)`/g)]
        .map(([, path = '']) => path)
        .filter(
          (path) =>
            !exists(path) && !exists(`${path}.ts`) && !exists(`test/${path}.test.ts`) && !exists(`${path}.test.ts`),
        )
        .map((path) => `${file}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
