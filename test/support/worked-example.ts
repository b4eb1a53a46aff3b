import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './knowledge.ts';

/** A file of a worked example in docs/. */
export interface Block {
  readonly kind: 'file' | 'append';
  readonly path: string;
  readonly text: string;
}

/** The text of a page of docs/. */
export const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');

/** The blocks of a page that are files (```yaml file=PATH) or additions to files (append=PATH), in their order. */
export const fileBlocks = (text: string): readonly Block[] =>
  [...text.matchAll(/^```yaml (file|append)=(\S+)\n([\s\S]*?)^```$/gm)].map(([, kind, path = '', block = '']) => ({
    kind: kind as Block['kind'],
    path,
    text: block,
  }));

/** The output that a page shows (```text NAME). @throws when it shows none */
export function shownOutput(text: string, name: string): string {
  const found = new RegExp(`^\`\`\`text ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`the page shows no output "${name}"`);
  return found.trimEnd();
}

/** Writes blocks into a folder. */
export function writeBlocks(folder: string, blocks: readonly Block[]): void {
  for (const { kind, path, text } of blocks) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (kind === 'append') appendFileSync(file, text);
    else writeFileSync(file, text);
  }
}

/** A copy of the project's policies with the files of an example. */
export function follow(folder: string, blocks: readonly Block[]): void {
  cpSync(join(ROOT, 'policies'), join(folder, 'policies'), { recursive: true });
  writeBlocks(folder, blocks);
}

/** The change of a file that a page shows (```diff from=PATH to=PATH). */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** lines taken out, and those that come in their place */
  readonly hunks: readonly { readonly out: string; readonly in: string }[];
}

/** The changes that a page shows. */
export const changeBlocks = (text: string): readonly Change[] =>
  [...text.matchAll(/^```diff from=(\S+) to=(\S+)\n([\s\S]*?)^```$/gm)].map(([, from = '', to = '', block = '']) => ({
    from,
    to,
    hunks: [...block.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)*)/gm)].map(([, out = '', come = '']) => ({
      out: out.replaceAll(/^-/gm, ''),
      in: come.replaceAll(/^\+/gm, ''),
    })),
  }));

/** Makes a file of another by a change. @throws when a line that is taken out does not stand there exactly once */
export function change(folder: string, { from, to, hunks }: Change): void {
  let text = readFileSync(join(folder, from), 'utf8');
  for (const hunk of hunks) {
    const parts = text.split(hunk.out);
    if (parts.length !== 2) throw new Error(`found ${parts.length - 1} times in ${from}: ${hunk.out}`);
    text = parts.join(hunk.in);
  }
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  writeFileSync(join(folder, to), text);
}
