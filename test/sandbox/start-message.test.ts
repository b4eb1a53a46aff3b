import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMessage } from '../../src/sandbox/start-message.ts';
import { assessmentOf } from '../support/hook-call.ts';
import { at } from '../support/json-path.ts';
import { type Running, startService } from '../support/running-service.ts';

let running: Running;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.close());

it('prints a command that gives a card when it is pasted into bash', async () => {
  const message = startMessage(running.sandbox, running.base);
  expect(message).toContain(`${running.base}/sandbox/fhir`);
  const commands = message.split('\n').filter((line) => line.startsWith('curl '));
  expect(commands).toHaveLength(1);
  const { stdout } = await promisify(execFile)('bash', ['-c', commands[0] ?? '']);
  const card = at(JSON.parse(stdout), 'cards.0');
  expect(at(assessmentOf(card), 'outcome')).toBe('undetermined');
});
