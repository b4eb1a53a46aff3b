import * as z from 'zod';
import { SYSTEM_NAMES, type System } from './systems.ts';
import { WORDS } from './word-beginnings.ts';

const ITEM = z
  .string({ error: 'quote the code; words after it are its label' })
  .regex(/^\S+( .+)?$/, 'expected "code label"');
const ITEMS = z.array(ITEM);
const REGION_KEYS = [
  'any',
  'cervical',
  'thoracic',
  'lumbar',
  'pelvis',
  'cervicothoracic',
  'thoracolumbar',
  'lumbosacral',
  'other',
  'stated',
] as const;
const Regional = z.union([
  ITEMS,
  z.strictObject(
    Object.fromEntries([...REGION_KEYS, 'by-region'].map((k) => [k, ITEMS.optional()])) as Record<
      string,
      z.ZodOptional<typeof ITEMS>
    >,
  ),
]);

const CodeSet = z.strictObject({
  label: z.string().min(1),
  note: z.string().optional(),
  include: z.array(z.string()).default([]).meta({ description: 'other code sets that belong to this one' }),
  opposes: z.array(z.string()).default([]).meta({
    description: 'code sets that say the opposite: no code may belong to both',
  }),
  icd10cm: Regional.optional().meta({
    description: 'codes or families; "by-region" families are followed by a region digit',
  }),
  'icd10cm-except': ITEMS.default([]),
  'icd10cm-except-sets': z.array(z.string()).default([]).meta({
    description: 'code sets whose codes of ICD-10-CM are excepted from the families of this one',
  }),
  'icd10cm-seventh': z
    .string()
    .regex(/^[A-Z]+$/)
    .optional()
    .meta({ description: 'seventh characters that count, e.g. "AB" = initial encounter' }),
  icd10pcs: Regional.optional().meta({
    description: 'codes or families; several values of one axis in brackets, e.g. "0SG[01]"',
  }),
  snomed: Regional.optional(),
  cpt: Regional.optional(),
  loinc: Regional.optional(),
  icdo3: Regional.optional().meta({ description: 'histology of tumors, e.g. "9370/3 chordoma"' }),
  rxnorm: Regional.optional(),
  products: z.boolean().default(false).meta({
    description: 'its codes are products with strength and form, whose labels name the substances that other sets list',
  }),
  nucc: Regional.optional(),
  mrsafety: Regional.optional(),
  'in-words': WORDS.default([]).meta({
    description: 'by which an EHR names what is of this set itself (their beginnings): no proof, but no silence',
  }),
  'not-in-words': WORDS.default([]).meta({ description: 'with which a name means something else' }),
  'denied-by': WORDS.default([]).meta({
    description:
      'that deny the one word of this set that stands behind them, and those joined to it by "or"; others still count',
  }),
});

/** `policies/codes/*.yaml`: named sets of codes. */
export const CodeSetsFile = z.strictObject({
  'code-sets': z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), CodeSet),
  sources: z.array(z.string()).default([]),
});
export type CodeSetInput = z.infer<typeof CodeSet>;
export type CodeSetsInput = z.infer<typeof CodeSetsFile>;

/** One code or family of a set, as listed. */
export interface ListedCode {
  readonly set: string;
  readonly system: System;
  readonly code: string;
  readonly label: string;
  readonly region: string;
}

/** A listed item as its code and its label. */
export const codeAndLabel = (item: string): [string, string] => {
  const space = item.indexOf(' ');
  return space < 0 ? [item, ''] : [item.slice(0, space), item.slice(space + 1)];
};

/** The codes and families that a set itself lists, system by system. @param name of the set */
export const listedCodes = (name: string, set: CodeSetInput): readonly ListedCode[] =>
  SYSTEM_NAMES.flatMap((system) => {
    const regional = set[system] ?? [];
    const groups = Array.isArray(regional) ? { any: regional } : regional;
    return Object.entries(groups).flatMap(([region, items = []]) =>
      items.map((item) => {
        const [code, label] = codeAndLabel(item);
        return { set: name, system, code, label, region };
      }),
    );
  });

/** The codes and families of ICD-10-CM that a set itself lists. */
export const ownIcd10cm = (set: CodeSetInput): readonly string[] =>
  listedCodes('', set).flatMap(({ system, code }) => (system === 'icd10cm' ? [code] : []));
