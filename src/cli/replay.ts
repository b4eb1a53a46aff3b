import type { Decision } from '../decisions/decision.ts';
import { recordedOrder } from '../decisions/recorded-order.ts';
import { type Replayed, replay } from '../decisions/replay.ts';
import { type Command, loadChecker, UsageError } from './command.ts';
import { allDecisions, instantOf, namedPolicy, settingsStore } from './decisions.ts';
import { readArgs } from './read-args.ts';
import { loadRegistry } from './registry.ts';

function asText(r: Replayed): readonly string[] {
  const after = r.after === undefined ? 'no policy governs it' : r.after.outcome;
  const head = `${r.decision}  ${r.policy ?? 'no policy'}  ${r.before.outcome} → ${after}`;
  return [head, ...r.changes.map((c) => `    ${c.criterion}: ${c.before} → ${c.after}`)];
}

interface Count {
  all: number;
  /** to the last piece of evidence, under the same text */
  same: number;
  /** another outcome */
  outcome: number;
}

function summary({ all, same, outcome }: Count): string {
  const otherwise = all - same - outcome;
  return [
    `${all} decisions made again: ${same} the same`,
    ...(otherwise === 0 ? [] : [`${otherwise} with the same outcome on another text or other grounds`]),
    `${outcome} with another outcome`,
  ].join(', ');
}

export const replayDecisions: Command = {
  usage: 'replay --since DATE [--policy ID] [--json]',
  help: `Makes the recorded decisions again from their recorded input, with the policies on disk, and tells which come out
otherwise and by which criteria. With unchanged policies and software nothing does. The exit code is 1 when an outcome changed.

  --since DATE   decisions recorded since this date (UTC)
  --policy ID    only decisions under this policy
  --json         one JSON object a line, all decisions`,
  examples: [['replay --since 2026-05-01', 'after a change of policies or software']],
  async run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: { since: { type: 'string' }, policy: { type: 'string' }, json: { type: 'boolean' } },
    });
    if (values.since === undefined) throw new UsageError('replay: expected --since DATE');
    const checker = loadChecker();
    const registry = loadRegistry(checker);
    const policy = namedPolicy(values.policy);
    const query = {
      since: instantOf('since', values.since),
      mode: 'live' as const,
      ...(policy !== undefined && { policy }),
    };
    const store = await settingsStore();
    const count: Count = { all: 0, same: 0, outcome: 0 };
    for await (const decision of allDecisions(store, query)) {
      const again = replay(decision, checker, registry.byId(decision.ehr ?? '') ?? {});
      const changed = again.after?.outcome !== again.before.outcome && decision.policy !== null;
      count.all++;
      if (again.same) count.same++;
      if (changed) count.outcome++;
      if (values.json === true) out(JSON.stringify(again));
      else if (changed || again.changes.length > 0) for (const text of asText(again)) out(text);
    }
    await store.close();
    if (values.json !== true) out(summary(count));
    return count.outcome > 0 ? 1 : 0;
  },
};

/** The answer that a decision belongs to. An answer of which the EHR wants no card is found by its order. */
const answerOf = (d: Decision): string => `${d.card === '' ? recordedOrder(d) : d.card} ${d.study}`;

export const shadowReport: Command = {
  usage: 'shadow report [--since DATE] [--policy ID]',
  help: `Compares the recorded assessments of texts that are marked \`status: shadow\` with those of the texts in force, for the
same answers (plain base). An order that no text in force governs is "not-governed".

  --since DATE   decisions recorded since this date (UTC); default: all
  --policy ID    only this policy`,
  examples: [['shadow report --since 2026-05-01', 'what the shadows would have said since then']],
  async run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: { since: { type: 'string' }, policy: { type: 'string' } },
    });
    const policy = namedPolicy(values.policy);
    const query = {
      base: 'cds' as const,
      ...(values.since !== undefined && { since: instantOf('since', values.since) }),
      ...(policy !== undefined && { policy }),
    };
    const store = await settingsStore();
    const live = new Map<string, { readonly at: string; readonly outcome: string }[]>();
    for await (const d of allDecisions(store, { ...query, mode: 'live' })) {
      const key = answerOf(d);
      live.set(key, [...(live.get(key) ?? []), { at: d.at, outcome: d.outcome }]);
    }
    const moves = new Map<string, number>();
    let compared = 0;
    for await (const d of allDecisions(store, { ...query, mode: 'shadow' })) {
      const before = live.get(answerOf(d))?.findLast((l) => l.at <= d.at)?.outcome ?? 'not-governed';
      compared++;
      const move = `${d.policy ?? ''} ${d.policyVersion ?? ''}: ${before} → ${d.outcome}`;
      if (before !== d.outcome) moves.set(move, (moves.get(move) ?? 0) + 1);
    }
    await store.close();
    for (const [move, n] of [...moves].sort((a, b) => b[1] - a[1])) out(`${String(n).padStart(6)}  ${move}`);
    out(`${compared} assessments compared, ${[...moves.values()].reduce((a, b) => a + b, 0)} with another outcome`);
    return 0;
  },
};
