import { describe, expect, it } from 'vitest';
import { facts } from '../../src/cli/facts.ts';
import { checker } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';

describe('facts', () => {
  it('lists every fact with its place and label', async () => {
    const { code, lines } = await runCommand(facts, []);
    expect(code).toBe(0);
    expect(lines.slice(2).map((l) => l.split(' ')[0])).toEqual([...checker().knowledge.vocabulary.facts.keys()]);
    expect(lines.find((l) => l.startsWith('fever '))).toMatch(/^fever +policies\/facts\/[a-z-]+\.yaml:\d+:\d+ +fever$/);
  });

  it('finds those with all of the words, in whatever letters, and says when there is none', async () => {
    const { lines } = await runCommand(facts, ['Physical', 'therapy']);
    const found = lines.slice(2).map((l) => l.split(' ')[0]);
    expect(found).toContain('physical-therapy-4-weeks');
    expect(found).not.toContain('fever');
    const none = await runCommand(facts, ['fever', 'claustrophobia']);
    expect([none.code, none.text]).toEqual([1, 'No fact has "fever" and "claustrophobia" in name, label or question.']);
  });

  it('names code sets where no fact has the words: drugs are read by treatment courses', async () => {
    const { code, lines } = await runCommand(facts, ['NSAID']);
    expect(code).toBe(1);
    expect(lines[1]).toMatch(/^Code sets that do: .*\bnsaid \(policies\/codes\/drugs\.yaml:\d+:\d+\)/);
  });
});
