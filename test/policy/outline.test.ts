import { describe, expect, it } from 'vitest';
import { type OutlineNode, outline, outlineNodes } from '../../src/policy/outline.ts';
import { checker } from '../support/knowledge.ts';

const { knowledge } = checker();
const of = (id: string) => {
  const policy = knowledge.policies.policies.find((p) => p.id === id);
  if (policy === undefined) throw new Error(`there is no ${id}`);
  return { policy, told: outline(policy, knowledge.vocabulary) };
};
const find = (nodes: readonly OutlineNode[], id: string): OutlineNode => {
  for (const [node] of outlineNodes(nodes)) if (node.id === id) return node;
  throw new Error(`there is no ${id}`);
};
const ids = (nodes: readonly OutlineNode[]): readonly string[] => nodes.flatMap((n) => n.id ?? []);

describe('the outline of a policy', () => {
  it('keeps sections and their order, with what they are about and require', () => {
    const { told } = of('kaiser-wa-lumbar-mri');
    expect(ids(told.indications).slice(0, 3)).toEqual(['I', 'II', 'III']);
    const first = find(told.indications, 'I');
    expect(first.kind).toBe('section');
    expect(first.children.slice(0, 2).map((n) => n.role)).toEqual(['about', 'required']);
    expect(ids(first.children)).toEqual(['I.A', 'I.B', 'I.C', 'I.D', 'I.E']);
  });

  it('says everything of a leaf once', () => {
    const twice = knowledge.policies.policies.flatMap((policy) =>
      [...outlineNodes(outline(policy, knowledge.vocabulary).indications)].flatMap(([node]) =>
        /(\([^()]+\)).*\1/.test(node.label ?? '') ? [`${policy.id}: ${node.label}`] : [],
      ),
    );
    expect(twice).toEqual([]);
  });

  it('tells the operators, the windows of reused passages and the questions', () => {
    const { told } = of('kaiser-wa-lumbar-mri');
    const infection = find(told.indications, 'I.C');
    expect(infection.children.map((n) => n.heading)).toEqual([undefined, 'at least 2 of']);
    expect(ids(infection.children[1]?.children ?? [])).toContain('I.C.1');
    const windows = ['II.A', 'III.A'].map((id) =>
      [...outlineNodes(find(told.indications, id).children)].find(
        ([n, above]) => n.fact === 'physical-therapy-4-weeks' && above[0]?.role === 'required',
      ),
    );
    expect(windows.map((w) => w?.[0].label)).toEqual([
      expect.stringContaining('within the last 3 months'),
      expect.stringContaining('within the last 6 months'),
    ]);
    expect(windows[0]?.[0].question).toMatch(/\?$/);
  });

  it('says what is in force when', () => {
    const { told } = of('kaiser-wa-lumbar-mri');
    expect(find(told.indications, 'II.B3').from).toBe(Date.UTC(2024, 0, 1) / 86_400_000);
    expect(find(told.indications, 'I').from).toBeUndefined();
  });

  it('tells a passage that is written for several regions once', () => {
    const { told } = of('cigna-evicore-spine');
    const all = [...outlineNodes(told.indications)].flatMap(([n]) => (n.kind === 'indication' ? (n.id ?? '') : []));
    expect(new Set(all).size).toBe(all.length);
    expect(all.some((id) => id.includes('@'))).toBe(false);
  });

  for (const policy of knowledge.policies.policies) {
    it(`of ${policy.id} holds every indication and exclusion, each with its source`, () => {
      const told = outline(policy, knowledge.vocabulary);
      const nodes = [...told.exclusions, ...told.indications].flatMap((n) => [...outlineNodes([n])].map(([m]) => m));
      const passages = nodes.filter((n) => n.kind === 'indication' || n.kind === 'exclusion');
      const known = new Set(passages.map((n) => n.id));
      for (const path of [...policy.paths, ...policy.exclusions]) expect(known).toContain(path.id.replace(/@.*/, ''));
      expect(passages.filter((n) => n.cite === undefined || n.cite === '')).toEqual([]);
      expect(nodes.filter((n) => n.label === '' && n.heading === undefined)).toEqual([]);
    });
  }
});
