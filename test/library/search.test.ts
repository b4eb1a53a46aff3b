import { describe, expect, it } from 'vitest';
import { Library, titleOf } from '../../src/library/library.ts';
import type { OutlineNode } from '../../src/policy/outline.ts';
import { checker } from '../support/knowledge.ts';

const library = new Library(checker().knowledge);
const titles = (query: string): readonly string[] =>
  library.search(query).found.map(({ node }) => `${node.id} ${node.label}`.toLowerCase());

describe('the search of the library', () => {
  it.each([['cauda equina'], ['myelopathy'], ['MULTIPLE sclerosis']])(
    '%s: passages of that title come before those that only look at it',
    (query) => {
      const words = query.toLowerCase().split(' ');
      const named = titles(query).map((title) => words.every((w) => title.includes(w)));
      expect(named).toContain(true);
      expect(named).toContain(false);
      expect(named.lastIndexOf(true)).toBeLessThan(named.indexOf(false));
    },
  );

  it('says that there are more than it shows', () => {
    const { found, more } = library.search('72148');
    expect([found.length, more]).toEqual([100, true]);
  });
});

it('an id that the label begins with is told once', () => {
  const node = (id: string, label: string): OutlineNode => ({ kind: 'exemption', id, label, children: [] });
  expect(titleOf(node('medicare', 'Medicare member'))).toBe('Medicare member');
  expect(titleOf(node('II.A', 'After conservative treatment'))).toBe('II.A After conservative treatment');
});
