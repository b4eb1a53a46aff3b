import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { Day } from '../dates/day.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { type Outline, type OutlineNode, outline, outlineNodes } from '../policy/outline.ts';

/** A policy text with its outline. */
export interface Text {
  readonly policy: CompiledPolicy;
  readonly told: Outline;
}

/** A passage of a text, with the sections above it. */
export interface Passage {
  readonly text: Text;
  readonly node: OutlineNode;
  readonly above: readonly OutlineNode[];
}

/** A passage that a search found, with the words of it that were found. */
export interface Found extends Passage {
  readonly because: string;
}

const MOST_FOUND = 100;
const PASSAGES: ReadonlySet<OutlineNode['kind']> = new Set(['section', 'indication', 'exclusion', 'exemption']);

/** Is this node a part of the document with an address of its own? */
export const isPassage = (node: OutlineNode): boolean => PASSAGES.has(node.kind) && node.id !== undefined;

/** A passage's label in the source and ours, once where both begin with the same word ("medicare", "Medicare member"). */
export const titleOf = ({ id, label }: OutlineNode): string =>
  id === undefined || label.toLowerCase().startsWith(id.toLowerCase()) ? label : `${id} ${label}`;

const wordsOf = (node: OutlineNode): readonly string[] =>
  [
    node.id,
    node.label,
    node.cite,
    node.note,
    node.question,
    node.fact?.replaceAll('-', ' '),
    ...(node.studies ?? []).map((s) => s.code),
  ].flatMap((w) => (w === undefined || w === '' ? [] : [w]));

/** All policies as documents: read once, searched in memory. */
export class Library {
  readonly knowledge: Knowledge;
  readonly texts: readonly Text[];
  readonly #uses = new Map<string, Passage[]>();

  constructor(knowledge: Knowledge) {
    this.knowledge = knowledge;
    this.texts = knowledge.policies.policies.map((policy) => ({
      policy,
      told: outline(policy, knowledge.vocabulary),
    }));
    for (const passage of this.#nodes()) {
      const { fact } = passage.node;
      if (fact === undefined) continue;
      const uses = this.#uses.get(fact);
      if (uses === undefined) this.#uses.set(fact, [passage]);
      else uses.push(passage);
    }
  }

  /** The texts of a policy, the newest first. */
  versions(id: string): readonly Text[] {
    return this.texts.filter((t) => t.policy.id === id).toReversed();
  }

  /** The text of a policy that decides on a day, else its newest. */
  current(id: string, on: Day): Text | undefined {
    const deciding = this.knowledge.policies.inForce(id, on);
    return this.texts.find((t) => t.policy === deciding) ?? this.versions(id)[0];
  }

  /** The passages whose criteria look at a fact, each once. */
  uses(fact: string): readonly Passage[] {
    const seen = new Set<OutlineNode>();
    return (this.#uses.get(fact) ?? []).flatMap(({ text, node, above }) => {
      const i = [node, ...above.toReversed()].findIndex(isPassage);
      const passage = [node, ...above.toReversed()][i];
      if (passage === undefined || seen.has(passage)) return [];
      seen.add(passage);
      return [{ text, node: passage, above: above.filter((a) => a !== passage) }];
    });
  }

  /** The passages that hold every word of a query, in themselves or in their criteria; those first whose title has them. */
  search(query: string): { readonly found: readonly Found[]; readonly more: boolean } {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 12);
    if (words.length === 0) return { found: [], more: false };
    const found: Found[] = [];
    const seen = new Set<OutlineNode>();
    for (const { text, node, above } of this.#nodes()) {
      const texts = wordsOf(node);
      const whole = texts.join(' ').toLowerCase();
      if (!words.every((w) => whole.includes(w))) continue;
      const chain = [...above, node];
      const passage = chain.findLast(isPassage);
      if (passage === undefined || seen.has(passage)) continue;
      seen.add(passage);
      const because = texts.find((t) => words.some((w) => t.toLowerCase().includes(w))) ?? node.label;
      found.push({ text, node: passage, above: chain.slice(0, chain.indexOf(passage)), because });
    }
    const titled = ({ node: { id = '', label } }: Found): boolean =>
      words.every((w) => `${id} ${label}`.toLowerCase().includes(w));
    const sorted = [...found.filter(titled), ...found.filter((f) => !titled(f))];
    return { found: sorted.slice(0, MOST_FOUND), more: sorted.length > MOST_FOUND };
  }

  *#nodes(): Generator<Passage> {
    for (const text of this.texts) {
      const { exemptions, exclusions, indications } = text.told;
      for (const [node, above] of outlineNodes([...exemptions, ...exclusions, ...indications]))
        yield { text, node, above };
    }
  }
}
