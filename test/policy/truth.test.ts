import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, any, atLeast, fromBounds, not, type Truth } from '../../src/policy/truth.ts';

const VALUES: readonly Truth[] = ['true', 'false', 'unknown'];
const truth = fc.constantFrom(...VALUES);
const truths = fc.array(truth, { maxLength: 7 });

/** Every way to replace the unknowns by true and false. */
function settled(values: readonly Truth[]): readonly (readonly boolean[])[] {
  return values.reduce<readonly (readonly boolean[])[]>(
    (ways, v) => ways.flatMap((w) => (v === 'unknown' ? [true, false] : [v === 'true']).map((b) => [...w, b])),
    [[]],
  );
}

/** What a two-valued operator leaves open over some unknowns: true or false when all ways agree. */
function overall(values: readonly Truth[], op: (bits: readonly boolean[]) => boolean): Truth {
  const results = new Set(settled(values).map(op));
  if (results.size > 1) return 'unknown';
  return results.has(true) ? 'true' : 'false';
}

describe('three values', () => {
  it('none of them is falsy', () => {
    for (const v of VALUES) expect(Boolean(v)).toBe(true);
  });

  it('negation', () => {
    expect(VALUES.map(not)).toEqual(['false', 'true', 'unknown']);
    for (const v of VALUES) expect(not(not(v))).toBe(v);
  });

  it('all of nothing is true, any of nothing is false', () => {
    expect(all([])).toBe('true');
    expect(any([])).toBe('false');
    expect(atLeast(0, [])).toBe('true');
    expect(atLeast(1, [])).toBe('false');
  });

  it('agree with two-valued logic over every way to settle the unknowns', () => {
    fc.assert(
      fc.property(truths, fc.integer({ min: 0, max: 8 }), (values, n) => {
        expect(all(values)).toBe(overall(values, (bits) => bits.every(Boolean)));
        expect(any(values)).toBe(overall(values, (bits) => bits.some(Boolean)));
        expect(atLeast(n, values)).toBe(overall(values, (bits) => bits.filter(Boolean).length >= n));
      }),
    );
  });
});

describe('laws', () => {
  it('De Morgan', () => {
    fc.assert(
      fc.property(truths, (values) => {
        expect(not(all(values))).toBe(any(values.map(not)));
        expect(not(any(values))).toBe(all(values.map(not)));
      }),
    );
  });

  it('at least n is not: at least all but n minus one of the opposites', () => {
    fc.assert(
      fc.property(truths, fc.integer({ min: 0, max: 8 }), (values, n) => {
        expect(not(atLeast(n, values))).toBe(atLeast(values.length - n + 1, values.map(not)));
      }),
    );
  });

  it('all and any are the ends of at least', () => {
    fc.assert(
      fc.property(truths, (values) => {
        expect(atLeast(values.length, values)).toBe(all(values));
        expect(atLeast(1, values)).toBe(any(values));
      }),
    );
  });

  it('order, grouping and repetition do not matter', () => {
    fc.assert(
      fc.property(truths, truths, fc.integer({ min: 0, max: 8 }), (left, right, n) => {
        const both = [...left, ...right];
        const turned = [...right, ...left].reverse();
        expect(all(both)).toBe(all(turned));
        expect(any(both)).toBe(any(turned));
        expect(atLeast(n, both)).toBe(atLeast(n, turned));
        expect(all([all(left), all(right)])).toBe(all(both));
        expect(any([any(left), any(right)])).toBe(any(both));
        expect(all([...both, ...both])).toBe(all(both));
        expect(any([...both, ...both])).toBe(any(both));
      }),
    );
  });

  it('distribution and absorption', () => {
    fc.assert(
      fc.property(truth, truth, truth, (a, b, c) => {
        expect(all([a, any([b, c])])).toBe(any([all([a, b]), all([a, c])]));
        expect(any([a, all([b, c])])).toBe(all([any([a, b]), any([a, c])]));
        expect(all([a, any([a, b])])).toBe(a);
        expect(any([a, all([a, b])])).toBe(a);
      }),
    );
  });

  it('knowing more never turns what is settled', () => {
    const more = fc.array(fc.tuple(truth, truth), { maxLength: 6 });
    fc.assert(
      fc.property(more, fc.integer({ min: 0, max: 7 }), (pairs, n) => {
        const before = pairs.map(([v]) => v);
        const after = pairs.map(([v, known]) => (v === 'unknown' ? known : v));
        for (const op of [
          all,
          any,
          (t: readonly Truth[]) => atLeast(n, t),
          ([t]: readonly Truth[]) => not(t ?? 'unknown'),
        ])
          if (op(before) !== 'unknown') expect(op(after)).toBe(op(before));
      }),
    );
  });
});

it('a comparison over an interval is settled only when both ends agree', () => {
  expect([fromBounds(true, true), fromBounds(false, false), fromBounds(true, false), fromBounds(false, true)]).toEqual([
    'true',
    'false',
    'unknown',
    'unknown',
  ]);
});
