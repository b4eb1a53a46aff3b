import { describe, expect, it } from 'vitest';
import { InvalidFileError } from '../../src/yaml/yaml-file.ts';
import { tinyPolicy } from '../support/tiny-policy.ts';

/** What is said of a policy that cannot be used. */
function problems(body: string): readonly string[] {
  try {
    tinyPolicy(body);
  } catch (error) {
    if (error instanceof InvalidFileError) return error.problems;
    throw error;
  }
  return [];
}

const path = (criteria: string): string =>
  `indications:\n  - id: A\n    label: pain\n    cite: A\n    entry: pain\n    studies: ["72148"]\n    criteria: ${criteria}\n`;

describe('a broken policy is refused with file, line and column', () => {
  it.each([
    ['a fact nobody defined', path('no-such-fact'), /^tiny\.yaml:16:15 .*"no-such-fact" is not in policies\/facts/],
    ['a definition that does not exist', path('{ use: nothing }'), /^tiny\.yaml:16:15 .*"nothing"/],
    ['a passage that uses itself', path('{ use: A }'), /refers to itself: A > A/],
    ['a window without a unit', path('{ fact: x, within: "6" }'), /^tiny\.yaml:16:\d+ .*expected a number and a unit/],
    ['a count that can never be reached', path('{ at-least: 3, of: [x, z] }'), /at-least 3 of 2 can never hold/],
    ['a list where a node should be', path('{ not: [x] }'), /^tiny\.yaml:16:\d+ .*goes under all: or any:$/],
    [
      'two operators in a node',
      path('{ all: [x], any: [z] }'),
      /^tiny\.yaml:16:15 \S+: one operator a node: all and any go/,
    ],
    [
      'a fact with an operator',
      path('{ fact: x, not: z }'),
      /^tiny\.yaml:16:15 \S+: one operator a node: fact and not go/,
    ],
    ['an operator that does not exist', path('{ every: [x] }'), /^tiny\.yaml:16:\d+/],
    ['a code that YAML reads as a number', path('x').replace('"72148"', '72148'), /^tiny\.yaml:15:\d+ /],
    ['a study that is unknown', path('x').replace('72148', '99999'), /^tiny\.yaml:15:\d+ .*99999/],
    [
      'a definition without its parameter',
      `define:\n  d: { params: [window], criteria: { fact: x, within: $window } }\n${path('{ use: d }')}`,
      /needs the parameter window/,
    ],
    [
      'two passages of one id',
      `${path('x')}  - { id: A, label: again, entry: pain, criteria: z }\n`,
      /"?A"?.*twice|twice/,
    ],
    [
      'a number where a window should be',
      path('{ fact: x, within: 6 }'),
      /^tiny\.yaml:16:\d+ .*expected a number and a unit/,
    ],
  ])('%s', (_, body, expected) => {
    expect(problems(body).join('\n')).toMatch(expected);
  });

  it.each([
    [
      'a window without a unit',
      '{ fact: x, within: 6 }',
      /^tiny\.yaml:18:\d+ indications\.0\.paths\.0\.criteria\.within: expected a number and a unit/,
    ],
    [
      'an operator that does not exist',
      '{ all: [x, { atleast: 2, of: [x, z] }] }',
      /^tiny\.yaml:18:\d+ .*"atleast" is not known here/m,
    ],
    ['nothing', '', /^tiny\.yaml:18:\d+ indications\.0\.paths\.0\.criteria: /],
  ])('below a section too: %s', (_, criteria, expected) => {
    const body = `indications:\n  - id: A\n    label: pain\n    cite: A\n    entry: pain\n    studies: ["72148"]\n    paths:\n      - { id: A.1, label: one, criteria: x }\n`;
    expect(problems(body)).toEqual([]);
    const broken = problems(
      body.replace('criteria: x }', `criteria: ${criteria} }`).replace('paths:\n      - {', 'paths:\n\n      - {'),
    );
    expect(broken.join('\n')).toMatch(expected);
    expect(broken.join('\n')).not.toMatch(/"paths"/);
  });

  it('a passage with paths and criteria', () => {
    const both = `${path('x')}    paths:\n      - { id: A.1, label: one, criteria: x }\n`;
    expect(problems(both).join('\n')).toMatch(
      /^tiny\.yaml:\d+:\d+ indications\.0: a section with paths has no criteria/,
    );
  });

  it('and says all of its problems at once', () => {
    expect(problems(path('{ all: [no-such-a, no-such-b, { use: nothing }] }'))).toHaveLength(3);
  });
});
