import { describe, expect, it } from 'vitest';
import { comparePolicies, type PassageChange } from '../../src/policy/diff/compare-policies.ts';
import { AS_OF, CATALOG, tinyPolicy } from '../support/tiny-policy.ts';

const path = (criteria: string, more = ''): string =>
  `indications:\n  - { id: A, label: pain, cite: A, entry: pain, studies: ["72148"], criteria: ${criteria}${more} }\n`;

const changes = (before: string, after: string): readonly PassageChange[] =>
  comparePolicies(tinyPolicy(before), tinyPolicy(after), AS_OF, CATALOG).changes;

const kinds = (before: string, after: string): readonly string[] =>
  changes(before, after).map((c) => `${c.id} ${c.kind}`);

describe('a criterion becomes', () => {
  it.each([
    ['tighter by a further requirement', 'x', '{ all: [x, z] }', 'tightened'],
    ['looser by an alternative', 'x', '{ any: [x, z] }', 'loosened'],
    ['tighter by a shorter window', '{ fact: x, within: 6 months }', '{ fact: x, within: 3 months }', 'tightened'],
    ['looser by a longer window', '{ fact: x, within: 30 days }', '{ fact: x, within: 60 days }', 'loosened'],
    ['looser when suspicion suffices', 'x', 'suspected x', 'loosened'],
    ['tighter by a higher age', '{ age: "> 50 years" }', '{ age: "> 70 years" }', 'tightened'],
    ['looser by a shorter episode', '{ episode: "> 6 weeks" }', '{ episode: "> 4 weeks" }', 'loosened'],
    ['looser by a lower count', '{ at-least: 2, of: [a, b, c] }', '{ at-least: 1, of: [a, b, c] }', 'loosened'],
    ['tighter by a new exception', 'x', '{ all: [x, { not: z }] }', 'tightened'],
    ['another one', 'x', 'z', 'changed'],
    ['reworded when it means the same', '{ not: { any: [x, z] } }', '{ all: [{ not: x }, { not: z }] }', 'reworded'],
    ['tighter by an age between the usual ones', '{ age: "> 55 years" }', '{ age: "> 57 years" }', 'tightened'],
    [
      'looser by a few days, deep within',
      '{ all: [a, b, { at-least: 3, of: [c, d, { fact: x, within: 45 days }] }] }',
      '{ all: [a, b, { at-least: 3, of: [c, d, { fact: x, within: 49 days }] }] }',
      'loosened',
    ],
    [
      'tighter where few come near the line',
      '{ all: [a, b, c, d, e, f, { episode: "> 6 weeks" }, { episode: "<= 2 months" }, { at-least: 2, of: [x, y, { age: "> 50 years" }] }] }',
      '{ all: [a, b, c, d, e, f, { episode: "> 6 weeks" }, { episode: "<= 2 months" }, { at-least: 2, of: [x, y, { age: "> 52 years" }] }] }',
      'tightened',
    ],
    // nobody fulfils it: what differs is told, not weighed
    ['another one where nothing can be told', '{ all: [x, { not: x }, a] }', '{ all: [x, { not: x }, b] }', 'changed'],
  ])('%s', (_, before, after, kind) => {
    expect(kinds(path(before), path(after))).toEqual([`A ${kind}`]);
  });

  it('nothing when only the order of operands or the layout differs', () => {
    expect(kinds(path('{ all: [x, z] }'), path('{ all: [z, x] }'))).toEqual([]);
  });
});

it('passages come and go', () => {
  const two = `${path('x')}  - { id: B, label: tumor, cite: B, entry: tumor, studies: ["72158"] }\n`;
  expect(kinds(path('x'), two)).toEqual(['B added']);
  expect(kinds(two, path('x'))).toEqual(['B removed']);
});

it('studies and leaves that differ are named', () => {
  const [change] = changes(path('x'), path('z').replace('["72148"]', '["72158"]'));
  expect(change?.studies).toEqual({ added: ['72158'], removed: ['72148'] });
  expect(change?.leaves).toEqual({ added: ['z'], removed: ['x'] });
  expect(kinds(path('x'), path('x').replace('["72148"]', '["72148", "72158"]'))).toEqual(['A changed']);
});

it('an exclusion that excludes more is loosened, with an exception it is tightened', () => {
  const exclusion = (more: string): string =>
    `exclusions:\n  - { id: X, label: device, cite: X, if-unknown: ignore, ${more} }\n${path('x')}`;
  expect(kinds(exclusion('criteria: device'), exclusion('criteria: { any: [device, pump] }'))).toEqual(['X loosened']);
  expect(kinds(exclusion('criteria: device'), exclusion('criteria: device, unless: safe'))).toEqual(['X tightened']);
});

it('what decides beside the criteria is never only reworded', () => {
  const exclusion = (ifUnknown: string): string =>
    `exclusions:\n  - { id: X, label: device, cite: X, if-unknown: ${ifUnknown}, criteria: device }\n${path('x')}`;
  expect(kinds(exclusion('ask'), exclusion('ignore'))).toEqual(['X changed']);
  expect(kinds(path('x'), path('x', ', screen: true'))).toEqual(['A changed']);
});
