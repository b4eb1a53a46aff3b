import { formatDay, type Interval, parseDate } from '../dates/day.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { type Command, loadChecker, UsageError } from './command.ts';
import { namedText } from './named-text.ts';
import { outlineAsText } from './print-outline.ts';
import { readArgs } from './read-args.ts';
import { spanOf } from './text-span.ts';

const list = ({ policies }: PolicySet): readonly string[] =>
  policies.map((p) => `${p.id.padEnd(24)} ${spanOf(p)}  ${p.input.title}`);

/** Lines of at most so many characters, continued under their own indentation. */
function wrapped(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  const start = /^ *(- )?/.exec(line)?.[0].length ?? 0;
  const cut = line.lastIndexOf(' ', width);
  if (cut <= start + 20) return [line];
  return [line.slice(0, cut), ...wrapped(`${' '.repeat(start)}${line.slice(cut + 1)}`, width)];
}

/** A policy's text in force on a day, or the one that is tried as a shadow; without a day its newest. */
function inForce(id: string, on: Interval | undefined, policies: PolicySet): CompiledPolicy {
  const texts = policies.policies.filter((p) => p.id === id);
  const text = on === undefined ? texts.at(-1) : (policies.inForce(id, on.lo) ?? policies.inForce(id, on.lo, 'shadow'));
  if (text !== undefined) return text;
  const day = on === undefined ? '' : ` on ${formatDay(on.lo)}`;
  throw new UsageError(`no text of ${id} is in force${day}; its texts: ${texts.map(spanOf).join('; ')}`);
}

export const policyShow: Command = {
  usage: 'policy show [TEXT] [--date DATE] [--width N]',
  help: `Prints a policy as an indented outline, in the order and under the labels of its source, to be held against the document:
what each passage is about, its criteria in words, its studies, citations and notes. Without a TEXT it lists the policies.

  TEXT          a policy; or one text of it, drafts too: a file, or ID@EFFECTIVE-DATE
  --date DATE   the text in force on this day (YYYY-MM-DD), without what is not in force then;
                default: the newest text, with all its dates
  --width N     characters a line; default 120`,
  examples: [
    ['policy show', 'the policies and their texts'],
    ['policy show kaiser-wa-lumbar-mri --date 2025-06-01', 'one text as it is in force on a day'],
    ['policy show harbor-lumbar-mri@2026-06-01', 'a draft'],
  ],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { date: { type: 'string' }, width: { type: 'string' } },
    });
    const [name] = positionals;
    if (positionals.length > 1) throw new UsageError('policy show: expected one policy');
    const checker = loadChecker();
    const { policies, vocabulary, studies } = checker.knowledge;
    if (name === undefined) {
      for (const line of list(policies)) out(line);
      return 0;
    }
    const width = Number(values.width ?? 120);
    if (!Number.isInteger(width) || width < 60) throw new UsageError('--width: expected a number from 60');
    const on = values.date === undefined ? undefined : parseDate(values.date);
    if (values.date !== undefined && (on === undefined || on.lo !== on.hi))
      throw new UsageError(`--date: expected YYYY-MM-DD, found "${values.date}"`);
    const text = policies.ids().includes(name) ? inForce(name, on, policies) : namedText(name, checker, 'policy show');
    for (const line of outlineAsText(text, vocabulary, studies, on?.lo))
      for (const part of wrapped(line, width)) out(part);
    return 0;
  },
};
