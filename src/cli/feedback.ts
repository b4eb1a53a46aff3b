import { type FeedbackLine, summarizeFeedback } from '../decisions/feedback-summary.ts';
import type { Command } from './command.ts';
import { allDecisions, instantOf, settingsStore } from './decisions.ts';
import { readArgs } from './read-args.ts';

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`);

/** The least width of the names. */
const NAMES = 34;

function lineAsText(line: FeedbackLine, width: number): string {
  const reasons = Object.entries(line.reasons).sort((a, b) => b[1] - a[1]);
  const why = reasons.map(([reason, n]) => `${reason} ${n}`).join(', ');
  return [
    line.name.padEnd(width),
    String(line.shown).padStart(7),
    String(line.accepted).padStart(9),
    String(line.overridden).padStart(11),
    percent(line.overridden, line.shown).padStart(6),
    `  ${why}`,
  ]
    .join('')
    .trimEnd();
}

export const feedbackSummary: Command = {
  usage: 'feedback summary [--since DATE] [--json]',
  help: `Tells for each policy, and for each criterion that a card named, how often cards were shown, accepted and overridden,
and why. Only cards of the plain base count. The last feedback on a card decides.

  --since DATE   cards shown since this date (UTC); default: all
  --json         as JSON`,
  examples: [['feedback summary --since 2026-05-01', 'what clinicians did with the cards since then']],
  async run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: { since: { type: 'string' }, json: { type: 'boolean' } },
    });
    const since = values.since === undefined ? '0000' : instantOf('since', values.since);
    const store = await settingsStore();
    const feedback = await store.feedbackSince(since);
    const summary = await summarizeFeedback(allDecisions(store, { since, base: 'cds', mode: 'live' }), feedback);
    await store.close();
    if (values.json === true) out(JSON.stringify(summary, null, 2));
    else {
      const lines = summary.policies.flatMap((policy) => [
        policy,
        ...policy.criteria.map((criterion) => ({ ...criterion, name: `  ${criterion.name}` })),
      ]);
      const width = Math.max(NAMES, ...lines.map((l) => l.name.length));
      out(`${'policy or criterion'.padEnd(width)}  shown accepted overridden       why`);
      for (const line of lines) out(lineAsText(line, width));
      if (summary.unknownCards > 0) out(`\n${summary.unknownCards} entries are about cards that are not on record`);
    }
    return 0;
  },
};
