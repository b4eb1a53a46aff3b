import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import { PathStates } from '../../src/policy/path-states.ts';
import type { NodeInput } from '../../src/policy/schema.ts';
import { silenceOf } from '../../src/policy/silent-chart.ts';
import type { Truth } from '../../src/policy/truth.ts';
import { checked, factsBy, type Stand, type Stands, tinyPolicy } from '../support/tiny-policy.ts';

const FACTS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
type Values = Readonly<Record<string, 'true' | 'false' | 'silent'>>;

const values: fc.Arbitrary<Values> = fc.record(
  Object.fromEntries(FACTS.map((f) => [f, fc.constantFrom('true', 'false', 'silent')])),
) as fc.Arbitrary<Values>;

/** Criteria over six facts; `negations` lets them contain `not`. */
function criteria(negations: boolean): fc.Arbitrary<NodeInput> {
  const { node } = fc.letrec<{ node: NodeInput }>((tie) => {
    const children = fc.array(tie('node'), { minLength: 1, maxLength: 4 });
    const leaf: fc.Arbitrary<NodeInput> = fc.constantFrom(...FACTS);
    const all = children.map((c): NodeInput => ({ all: c }));
    const any = children.map((c): NodeInput => ({ any: c }));
    const some = children.chain((c) =>
      fc.integer({ min: 1, max: c.length }).map((n): NodeInput => ({ 'at-least': n, of: c })),
    );
    const not = tie('node').map((n): NodeInput => ({ not: n }));
    return {
      node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, all, any, some, ...(negations ? [not] : [])),
    };
  });
  return node;
}

/** A policy with one path about "pain", which every patient of these tests has. */
const policyOf = (node: NodeInput): CompiledPolicy =>
  tinyPolicy(
    `indications:\n  - ${JSON.stringify({ id: 'P', label: 'path', cite: 'P', entry: 'pain', studies: ['72148'], criteria: node })}`,
  );

const stands = (v: Values): Stands => ({ pain: 'true', ...v });

/** What the criteria come to. */
function truthOf(node: NodeInput, v: Values): Truth {
  const [state] = new PathStates(policyOf(node), factsBy({ facts: stands(v) }), ['lumbar'], '72148').all();
  return state?.truth ?? 'unknown';
}

const outcome = (node: NodeInput, v: Values): string => checked(policyOf(node), { facts: stands(v) }).outcome;

/** All choices of n of the items. */
function choices<T>(items: readonly T[], n: number): readonly (readonly T[])[] {
  const [first, ...rest] = items;
  if (n === 0) return [[]];
  if (first === undefined) return [];
  return [...choices(rest, n - 1).map((c) => [first, ...c]), ...choices(rest, n)];
}

describe('truth of criteria', () => {
  it('is settled for good: documenting what is unknown changes no true and no false', () => {
    fc.assert(
      fc.property(criteria(true), values, values, (node, v, more) => {
        const before = truthOf(node, v);
        const filled = Object.fromEntries(FACTS.map((f) => [f, v[f] === 'silent' ? (more[f] ?? 'silent') : v[f]]));
        if (before !== 'unknown') expect(truthOf(node, filled as Values)).toBe(before);
      }),
    );
  });

  it('never falls when evidence for a fact is added, as long as nothing is negated', () => {
    const order: Readonly<Record<Truth, number>> = { false: 0, unknown: 1, true: 2 };
    fc.assert(
      fc.property(criteria(false), values, fc.constantFrom(...FACTS), (node, v, fact) => {
        expect(order[truthOf(node, { ...v, [fact]: 'true' })]).toBeGreaterThanOrEqual(order[truthOf(node, v)]);
      }),
    );
  });

  it('does not depend on the order of operands', () => {
    const reversed = (node: NodeInput): NodeInput => {
      if (typeof node === 'string') return node;
      if ('all' in node) return { all: node.all.map(reversed).reverse() };
      if ('any' in node) return { any: node.any.map(reversed).reverse() };
      if ('of' in node) return { 'at-least': node['at-least'], of: node.of.map(reversed).reverse() };
      return 'not' in node ? { not: reversed(node.not) } : node;
    };
    fc.assert(
      fc.property(criteria(true), values, (node, v) => {
        expect(truthOf(reversed(node), v)).toBe(truthOf(node, v));
        expect(outcome(reversed(node), v)).toBe(outcome(node, v));
      }),
    );
  });

  it('obeys De Morgan', () => {
    fc.assert(
      fc.property(fc.array(criteria(true), { minLength: 1, maxLength: 3 }), values, (nodes, v) => {
        const each = nodes.map((n): NodeInput => ({ not: n }));
        expect(truthOf({ not: { all: nodes } }, v)).toBe(truthOf({ any: each }, v));
        expect(truthOf({ not: { any: nodes } }, v)).toBe(truthOf({ all: each }, v));
      }),
    );
  });

  it('of "at least n" equals that of its expansion', () => {
    fc.assert(
      fc.property(
        fc.array(criteria(true), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        values,
        (nodes, wanted, v) => {
          const n = Math.min(wanted, nodes.length);
          const expanded: NodeInput = { any: choices(nodes, n).map((c): NodeInput => ({ all: [...c] })) };
          expect(truthOf({ 'at-least': n, of: nodes }, v)).toBe(truthOf(expanded, v));
        },
      ),
    );
  });
});

describe('what is known of a silent chart beforehand', () => {
  const policyWith = (node: NodeInput, closing: NodeInput): CompiledPolicy =>
    tinyPolicy(
      `indications:\n  - ${JSON.stringify({
        id: 'S',
        label: 's',
        cite: 'S',
        entry: node,
        'closed-by': [closing],
        studies: ['72148'],
        paths: [
          { id: 'P', label: 'p', cite: 'P', criteria: closing },
          { id: 'Q', label: 'q', cite: 'Q', screen: true, criteria: node },
        ],
      })}`,
    );

  it('changes no truth and nothing of what is in play', () => {
    fc.assert(
      fc.property(criteria(true), criteria(true), values, (node, other, v) => {
        const policy = policyWith(node, other);
        const told = (aware: boolean): unknown => {
          const source = factsBy({ facts: v });
          const states = new PathStates(policy, source, ['lumbar'], '72148', aware ? silenceOf(policy) : undefined);
          const { evaluation } = states;
          const asDocumented = evaluation.asDocumented(() => 'false');
          return [
            states.all().map(({ truth, inPlay, onFile, closing }) => ({ truth, inPlay, onFile, closing })),
            policy.nodes.map((n) => [evaluation.truth(n), evaluation.truth(n, asDocumented), evaluation.timing.of(n)]),
          ];
        };
        expect(told(true)).toEqual(told(false));
      }),
    );
  });
});

describe('outcome', () => {
  it('is met, not met or undetermined as the only path is true, false or unknown', () => {
    const expected: Readonly<Record<Truth, string>> = { true: 'met', false: 'not-met', unknown: 'undetermined' };
    fc.assert(
      fc.property(criteria(true), values, (node, v) => {
        expect(outcome(node, v)).toBe(expected[truthOf(node, v)]);
      }),
    );
  });

  it('as documented is never undetermined with one path and equals the outcome when nothing is unknown', () => {
    fc.assert(
      fc.property(criteria(false), values, (node, v) => {
        const { outcome: now, asDocumented } = checked(policyOf(node), { facts: stands(v) });
        expect(['met', 'not-met']).toContain(asDocumented);
        if (now !== 'undetermined') expect(asDocumented).toBe(now);
      }),
    );
  });
});

describe('a returned path', () => {
  it('leads to met, and none of its needs is superfluous', () => {
    let seen = 0;
    fc.assert(
      fc.property(fc.array(criteria(true), { minLength: 1, maxLength: 3 }), values, (nodes, v) => {
        const paths = nodes.map((criteria, i) => ({
          id: `P${i}`,
          label: `path ${i}`,
          cite: `P${i}`,
          entry: 'pain',
          studies: ['72148'],
          criteria,
        }));
        const policy = tinyPolicy(`indications: ${JSON.stringify(paths)}`);
        const found = checked(policy, { facts: stands(v) });
        for (const path of found.paths) {
          seen++;
          const wanted = path.needs.map(({ fact }): [string, Stand] =>
            fact.startsWith('not:') ? [fact.slice(4), 'false'] : [fact, 'true'],
          );
          const met = (needs: readonly [string, Stand][]): boolean =>
            checked(policy, { facts: { ...stands(v), ...Object.fromEntries(needs) } }).satisfied.some(
              (s) => s.criterion === path.criterion,
            ) && checked(policy, { facts: { ...stands(v), ...Object.fromEntries(needs) } }).outcome === 'met';
          expect(met(wanted)).toBe(true);
          for (const need of wanted) {
            const without = wanted.filter((w) => w !== need);
            const state = new PathStates(
              policy,
              factsBy({ facts: { ...stands(v), ...Object.fromEntries(without) } }),
              ['lumbar'],
              '72148',
            )
              .all()
              .find((s) => s.path.id === path.criterion);
            expect(state?.truth).not.toBe('true');
          }
        }
      }),
    );
    expect(seen).toBeGreaterThan(5);
  });
});
