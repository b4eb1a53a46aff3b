import type { CodeSetInput, ListedCode } from './code-set.ts';

/** What the codes of a drug say of its substances. */
export interface Drug {
  /** as the code sets call them, in alphabetical order; those that no set lists are left out */
  readonly substances: readonly string[];
  /** a product with its strength and form, not a substance */
  readonly product: boolean;
}

const UNKNOWN: Drug = { substances: [], product: false };

/**
 * The substances of drugs: codes of sets that list substances are these, and products (RxNorm SCD and SBD) name theirs in their
 * labels. Charts prescribe by product, and record allergies, and often what is not taken, by substance.
 */
export class Substances {
  readonly #byKey = new Map<string, Drug>();

  constructor(listed: readonly ListedCode[], sets: ReadonlyMap<string, CodeSetInput>) {
    const isProduct = ({ set }: ListedCode): boolean => sets.get(set)?.products === true;
    const names = new Set(listed.flatMap((c) => (c.system === 'rxnorm' && !isProduct(c) ? [nameOf(c)] : [])));
    const byFirstWord = Map.groupBy(names, (name) => name.split(' ')[0]);
    for (const each of listed) {
      if (each.system !== 'rxnorm' && each.system !== 'snomed') continue;
      const key = `${each.system}|${each.code}`;
      const name = nameOf(each);
      if (isProduct(each)) this.#byKey.set(key, { substances: namedIn(name, byFirstWord), product: true });
      else if (names.has(name)) this.#byKey.set(key, { substances: [name], product: false });
    }
  }

  /** @param keys the codings of a drug as "system|code" */
  of(keys: readonly string[]): Drug {
    const known = keys.flatMap((key) => this.#byKey.get(key) ?? []);
    const [only = UNKNOWN, ...more] = known;
    if (more.length === 0) return only;
    return {
      substances: [...new Set(known.flatMap((d) => d.substances))].sort(),
      product: known.some((d) => d.product),
    };
  }
}

/** The words of a label, without strengths. */
const nameOf = ({ label }: ListedCode): string => (label.toLowerCase().match(/[a-z]+/g) ?? []).join(' ');

/** The substances that the words of a product name. */
function namedIn(words: string, byFirstWord: ReadonlyMap<string | undefined, readonly string[]>): readonly string[] {
  const text = ` ${words} `;
  const found = words
    .split(' ')
    .flatMap((word) => (byFirstWord.get(word) ?? []).filter((name) => text.includes(` ${name} `)));
  return [...new Set(found)].sort();
}
