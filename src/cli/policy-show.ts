import { parseArgs } from 'node:util';
import { parseDate } from '../dates/day.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { type Command, loadChecker, UsageError } from './command.ts';
import { outlineAsText } from './print-outline.ts';
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

export const policyShow: Command = {
  usage: 'policy show [ID] [--date DATE] [--width N]',
  help: `Prints a policy as an indented outline, in the order and under the labels of its source, to be held against the document:
what each passage is about, its criteria in words, its studies, citations and notes. Without an ID it lists the policies.

  --date DATE   the text in force on this day (YYYY-MM-DD), without what is not in force then;
                default: the newest text, with all its dates
  --width N     characters a line; default 120`,
  examples: [
    ['policy show', 'the policies and their texts'],
    ['policy show kaiser-wa-lumbar-mri --date 2025-06-01', 'one text as it is in force on a day'],
  ],
  run(args, out) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { date: { type: 'string' }, width: { type: 'string' } },
    });
    const [id] = positionals;
    if (positionals.length > 1) throw new UsageError('policy show: expected one policy');
    const { policies, vocabulary, studies } = loadChecker().knowledge;
    if (id === undefined) {
      for (const line of list(policies)) out(line);
      return 0;
    }
    const width = Number(values.width ?? 120);
    if (!Number.isInteger(width) || width < 60) throw new UsageError('--width: expected a number from 60');
    const on = values.date === undefined ? undefined : parseDate(values.date);
    if (values.date !== undefined && (on === undefined || on.lo !== on.hi))
      throw new UsageError(`--date: expected YYYY-MM-DD, found "${values.date}"`);
    const texts = policies.policies.filter((p) => p.id === id);
    if (texts.length === 0) throw new UsageError(`there is no policy "${id}"; there are ${policies.ids().join(', ')}`);
    const text =
      on === undefined ? texts.at(-1) : (policies.inForce(id, on.lo) ?? policies.inForce(id, on.lo, 'shadow'));
    if (text === undefined)
      throw new UsageError(
        `no text of ${id} is in force on ${values.date}; its texts: ${texts.map(spanOf).join('; ')}`,
      );
    for (const line of outlineAsText(text, vocabulary, studies, on?.lo))
      for (const part of wrapped(line, width)) out(part);
    return 0;
  },
};
