import type { System } from './systems.ts';

/** Verhoeff's multiplication and permutation tables (dihedral group D5). */
const TIMES = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
] as const;
const MOVED = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
  [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
  [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
  [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
  [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
  [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
  [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
] as const;

/** Verhoeff's check over a whole number, its check digit included (SNOMED CT identifiers). */
function verhoeff(digits: string): boolean {
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) sum = TIMES[sum]?.[MOVED[i % 8]?.[Number(digit)] ?? 0] ?? 0;
  return sum === 0;
}

/** The sum of Luhn's modulo 10 check over a number, its check digit included; 0 when it is right. */
function luhn(digits: string): number {
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) {
    const doubled = Number(digit) * (i % 2 === 0 ? 1 : 2);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10;
}

const SHAPES: Readonly<Record<System, { readonly shape: RegExp; readonly expected: string }>> = {
  icd10cm: {
    shape: /^[A-Z]([0-9A-Z]([0-9A-Z](\.[0-9A-Z]{1,4})?)?)?$/,
    expected: 'an ICD-10-CM code or family with its dot, e.g. "M54.16", "M54.1", "C7"',
  },
  icd10pcs: {
    shape: /^([0-9A-HJ-NP-Z]|\[[0-9A-HJ-NP-Z]{2,34}\]){1,7}$/,
    expected: 'an ICD-10-PCS code or family, values of one axis in brackets, e.g. "0SG0", "0SG[01]"',
  },
  snomed: { shape: /^[1-9]\d{5,17}$/, expected: 'a SNOMED CT identifier of 6 to 18 digits' },
  cpt: {
    shape: /^(\d{5}|\d{4}[FTU]|[A-V]\d{4}|-[A-Z0-9]{2})$/,
    expected: 'a CPT or HCPCS code of five characters, or a modifier ("-95")',
  },
  loinc: { shape: /^(LA)?\d{1,7}-\d$/, expected: 'a LOINC code with its check digit, e.g. "8310-5"' },
  icdo3: { shape: /^[89]\d{3}\/[0-9]$/, expected: 'a morphology code of ICD-O-3, e.g. "9370/3"' },
  rxnorm: { shape: /^[1-9]\d{0,7}$/, expected: 'an RxNorm identifier of digits' },
  nucc: { shape: /^\d{3}[0-9A-Z]{6}X$/, expected: 'a NUCC taxonomy code of ten characters, e.g. "208100000X"' },
  mrsafety: { shape: /^C\d{4,7}$/, expected: 'a code of the NCI Thesaurus, e.g. "C113844"' },
};

/**
 * What the letters of an answer code (LA) add to the sum over its digits, by whether the number of digits before
 * the check digit is odd or even. Worked out from published codes, e.g. LA33-6, LA137-2, LA15920-4.
 */
const LETTERS = { even: 5, odd: 8 } as const;

/** The check digit of a LOINC code or an answer code. */
function loincChecks(code: string): boolean {
  const digits = code.replace(/\D/g, '');
  if (!code.startsWith('L')) return luhn(digits) === 0;
  return (luhn(digits) + LETTERS[digits.length % 2 === 1 ? 'even' : 'odd']) % 10 === 0;
}

/** A concept of SNOMED CT, not one of its descriptions or relationships: the two digits before the last say it. */
const isConcept = (sctid: string): boolean => ['00', '10'].includes(sctid.slice(-3, -1));

/** What is wrong with the form of a code; undefined when nothing is. It may still not exist. */
export function codeProblem(system: System, code: string): string | undefined {
  const { shape, expected } = SHAPES[system];
  if (!shape.test(code)) return `"${code}" is not ${expected}`;
  if (system === 'snomed' && !verhoeff(code)) return `the check digit of SNOMED CT ${code} is wrong`;
  if (system === 'snomed' && !isConcept(code)) return `SNOMED CT ${code} is no concept`;
  if (system === 'loinc' && !loincChecks(code)) return `the check digit of LOINC ${code} is wrong`;
  return undefined;
}
