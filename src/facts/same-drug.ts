import type { AllergyRecord, MedicationRecord } from '../chart/records.ts';

/** What names a drug: its codes, and its substances at the level at which they are compared. */
type Names = readonly string[];

/**
 * The names under which a record that a drug is not taken, or not tolerated, ends others: two products of one substance may differ,
 * so that one goes on when the other ends, but a substance that is not taken is taken in no product. Who does not tolerate a substance
 * takes none that holds it.
 */
export function namesOfEnded({ type, codes, drug: { substances, product } }: MedicationRecord | AllergyRecord): Names {
  if (type === 'allergy') return [...codes, ...substances.map(holding)];
  return substances.length === 0 ? codes : [...codes, level(product, substances)];
}

/** The names under which a drug that is taken is ended by others. */
export function namesOfTaken({ codes, drug: { substances, product } }: MedicationRecord): Names {
  if (substances.length === 0) return codes;
  const ofSubstance = level(false, substances);
  return [...codes, ...substances.map(holding), ...(product ? [ofSubstance] : [ofSubstance, level(true, substances)])];
}

const holding = (substance: string): string => `holding ${substance}`;

const level = (product: boolean, substances: readonly string[]): string =>
  `${product ? 'a product' : 'the substance'} of ${substances.join(' and ')}`;
