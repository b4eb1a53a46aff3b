import { expect, it } from 'vitest';
import { meant, nearestNames } from '../../src/yaml/nearest-names.ts';

const NAMES = ['SP-5.1', 'SP-15.1', 'SP-1.2/cauda-equina', 'III.A.1.stenosis', 'II.B4'];

it.each([
  ['SP5.1', ['SP-5.1', 'SP-15.1']],
  ['sp-5.1', ['SP-5.1', 'SP-15.1']],
  ['cauda', ['SP-1.2/cauda-equina']],
  ['III.A.1.stenossis', ['III.A.1.stenosis']],
  ['fever', []],
])('near %s are %j', (written, near) => {
  expect(nearestNames(written, NAMES)).toEqual(near);
});

it('two letters that changed places are one mistake', () => {
  expect(nearestNames('aks', ['ask', 'label'])).toEqual(['ask']);
});

it('says the nearest names, else all of a few, else some of many', () => {
  expect(meant('SP5.1', NAMES)).toBe('near it: SP-5.1, SP-15.1');
  expect(meant('fever', ['a', 'b', 'a'])).toBe('there are a, b');
  expect(
    meant(
      'fever',
      Array.from({ length: 20 }, (_, i) => `x${i}`),
    ),
  ).toBe('there are 20 others, e.g. x0, x1, x2, x3, x4, x5');
});
