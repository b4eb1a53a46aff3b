import { describe, expect, it } from 'vitest';
import { assess } from '../../src/cli/assess.ts';
import { batch } from '../../src/cli/batch.ts';
import { codesUnknown } from '../../src/cli/codes-unknown.ts';
import type { Command } from '../../src/cli/command.ts';
import { compare } from '../../src/cli/compare.ts';
import { config } from '../../src/cli/config.ts';
import { purgeDecisions } from '../../src/cli/decisions.ts';
import { doctor } from '../../src/cli/doctor.ts';
import { feedbackSummary } from '../../src/cli/feedback.ts';
import { newKey } from '../../src/cli/new-key.ts';
import { policyDiff } from '../../src/cli/policy-diff.ts';
import { policyLint } from '../../src/cli/policy-lint.ts';
import { policySchema } from '../../src/cli/policy-schema.ts';
import { policyShow } from '../../src/cli/policy-show.ts';
import { readArgs } from '../../src/cli/read-args.ts';
import { replayDecisions, shadowReport } from '../../src/cli/replay.ts';
import { report } from '../../src/cli/report.ts';
import { vignettes } from '../../src/cli/vignettes.ts';
import { runCommand } from '../support/run-command.ts';

const TWICE: readonly (readonly [string, Command, readonly string[]])[] = [
  ['assess', assess, ['chart.json', '--study', '72148', '--study', '72141']],
  ['batch', batch, ['export', '--out', 'a.ndjson', '--out', 'b.ndjson']],
  ['codes unknown', codesUnknown, ['export', '--ehr', 'a', '--ehr=b']],
  ['compare', compare, ['chart.json', '--line', 'medicare', '--study', '72148', '--line', 'commercial']],
  ['config', config, ['--markdown', '--markdown']],
  ['decisions purge', purgeDecisions, ['--before', '2026-01-01', '--before', '2026-02-01']],
  ['doctor', doctor, ['--fhir', 'http://127.0.0.1:9', '--fhir', 'http://127.0.0.1:8']],
  ['feedback summary', feedbackSummary, ['--since', '2026-01-01', '--since', '2026-02-01']],
  ['keys new', newKey, ['--from', '2026-01-01', '--from', '2026-02-01']],
  ['policy diff', policyDiff, ['a', 'b', '--vignettes', 'x', '--vignettes', 'y']],
  ['policy lint', policyLint, ['--strict', '--strict']],
  ['policy schema', policySchema, ['--write', '--write']],
  ['policy show', policyShow, ['--date', 'a', '--date', 'b']],
  ['replay', replayDecisions, ['--since', '2026-01-01', '--since', '2026-02-01']],
  ['shadow report', shadowReport, ['--policy', 'a', '--policy', 'b']],
  ['report', report, ['a.ndjson', '--html', 'a', '--html', 'b']],
  ['vignettes', vignettes, ['--policy', 'a', '--policy', 'b']],
];

describe('an option that is given twice', () => {
  it.each(TWICE)('is refused by %s, before anything is read or written', async (_, command, args) => {
    await expect(async () => runCommand(command, args)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^--[a-z]+: is given twice, and can be given once$/),
    });
  });

  it('is taken where it is meant to repeat', () => {
    const { values } = readArgs({
      args: ['--reason', 'M54.50', '--reason', 'M54.16'],
      options: { reason: { type: 'string', multiple: true } },
    });
    expect(values.reason).toEqual(['M54.50', 'M54.16']);
  });
});
