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
  ])('%s', (_, body, expected) => {
    expect(problems(body).join('\n')).toMatch(expected);
  });

  it('and says all of its problems at once', () => {
    expect(problems(path('{ all: [no-such-a, no-such-b, { use: nothing }] }'))).toHaveLength(3);
  });
});
