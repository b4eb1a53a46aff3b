import * as z from 'zod';
import { OUTCOMES, REASONS } from '../policy/assessment.ts';

const CODE = z
  .string()
  .regex(
    /^(icd|icdo|pcs|snomed|cpt|loinc|rxnorm|nucc|mrsafety|local) \S+$/,
    'expected a system and a code, e.g. "icd M54.50", "cpt 72148", "snomed 279039007"',
  );
const CODES = z.union([CODE, z.array(CODE).min(1)]);
/** A date, or a time before (after, with a plus) the order's date. */
const WHEN = z
  .string()
  .regex(
    /^(\d{4}(-\d{2}(-\d{2})?)?|[-+]\d+[dwmy]|0d|\d{4}-\d{2}-\d{2}T\S+)$/,
    'expected a date, or a time before the order such as "-20d", "-6w", "-3m", "-1y"',
  );
const NAME = z.string().regex(/^[a-z][\w-]*$/i);
const PLACE = z.enum(['cervical', 'thoracic', 'lumbar', 'pelvis', 'leg', 'arm', 'knee', 'shoulder', 'perineum']);

const common = {
  as: NAME.optional(),
  /** another patient's resource */
  stranger: z.boolean().optional(),
  status: z.string().optional(),
};

/** One thing of a chart. */
export const ChartItem = z.union([
  z.strictObject({
    ...common,
    condition: CODES,
    onset: WHEN.optional(),
    recorded: WHEN.optional(),
    abated: WHEN.optional(),
    clinical: z.enum(['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved']).optional(),
    certainty: z
      .enum(['confirmed', 'provisional', 'differential', 'unconfirmed', 'refuted', 'entered-in-error'])
      .optional(),
    severity: CODE.optional(),
    category: z.enum(['problem-list-item', 'encounter-diagnosis']).optional(),
    at: NAME.optional(),
    region: PLACE.optional(),
  }),
  z.strictObject({
    ...common,
    visit: z.enum(['office', 'emergency', 'inpatient', 'telehealth', 'home']),
    date: WHEN,
    end: WHEN.optional(),
    reasons: CODES.optional(),
    specialty: CODE.optional(),
    type: CODE.optional(),
  }),
  z.strictObject({
    ...common,
    therapy: z.enum(['physical', 'chiropractic', 'osteopathic', 'acupuncture']),
    evaluation: WHEN.optional(),
    visits: z.array(WHEN).optional(),
    from: WHEN.optional(),
    to: WHEN.optional(),
    every: z.int().positive().optional(),
    reasons: CODES.optional(),
    region: PLACE.optional(),
    outcome: z.enum(['success', 'failure']).optional(),
  }),
  z.strictObject({
    ...common,
    procedure: CODES,
    date: WHEN.optional(),
    end: WHEN.optional(),
    reasons: CODES.optional(),
    region: PLACE.optional(),
    outcome: z.enum(['success', 'failure']).optional(),
  }),
  z.strictObject({
    ...common,
    report: CODES,
    date: WHEN.optional(),
    result: z.union([z.enum(['normal', 'abnormal', 'indeterminate', 'negative']), CODES]).optional(),
    region: PLACE.optional(),
    text: z.string().optional(),
  }),
  z.strictObject({
    ...common,
    observation: CODES,
    value: z.union([z.boolean(), z.string()]).optional(),
    date: WHEN.optional(),
    interpretation: z.enum(['N', 'H', 'L', 'A', 'POS', 'NEG', 'IND']).optional(),
    at: NAME.optional(),
    range: z.tuple([z.number().nullable(), z.number().nullable()]).optional(),
    region: PLACE.optional(),
    category: z.string().optional(),
  }),
  z.strictObject({
    ...common,
    drug: CODES,
    from: WHEN.optional(),
    to: WHEN.optional(),
    days: z.int().positive().optional(),
    stated: z.boolean().optional(),
    dispensed: z.boolean().optional(),
    given: z.boolean().optional(),
    reasons: CODES.optional(),
  }),
  z.strictObject({
    ...common,
    order: CODES,
    date: WHEN.optional(),
    planned: WHEN.optional(),
    by: CODE.optional(),
    urgent: z.boolean().optional(),
    prohibits: z.boolean().optional(),
    reasons: CODES.optional(),
    region: PLACE.optional(),
  }),
  z.strictObject({
    ...common,
    allergy: CODES,
    reaction: CODE.optional(),
    date: WHEN.optional(),
    certainty: z.enum(['confirmed', 'unconfirmed', 'refuted', 'entered-in-error']).optional(),
  }),
  z.strictObject({ ...common, device: CODES, safety: CODE.optional() }),
  z.strictObject({ ...common, family: CODES }),
  z.strictObject({
    ...common,
    answer: z.string(),
    value: z.union([z.enum(['yes', 'no']), WHEN]),
    date: WHEN.optional(),
    by: z.enum(['practitioner', 'patient', 'nobody']).optional(),
    region: PLACE.optional(),
  }),
]);
export type ChartItem = z.infer<typeof ChartItem>;

const Order = z.strictObject({
  study: z.string().regex(/^[0-9A-Z]{5}$/),
  date: WHEN,
  service: WHEN.optional(),
  reasons: CODES.optional(),
  /** specialty of the requester */
  by: CODE.optional(),
});

const Expect = z.strictObject({
  /** `not-governed`: no policy speaks of the order, so there is no assessment and no card */
  outcome: z.enum([...OUTCOMES, 'not-governed']),
  reason: z.enum(REASONS).optional(),
  /** criteria that are satisfied, by id of the path */
  criteria: z.array(z.string()).optional(),
  /** criteria that are not satisfied, where others are */
  unmet: z.array(z.string()).optional(),
  alternative: z.array(z.string()).optional(),
  /** facts that are asked for */
  asks: z.array(z.string()).optional(),
  /** facts that are not asked for, whatever else is */
  'not-asks': z.array(z.string()).optional(),
  urgent: z.boolean().optional(),
  /** the day from which time alone makes it met; `never`: time alone does not */
  earliest: z
    .string()
    .regex(/^(\d{4}-\d{2}-\d{2}|never)$/, 'expected a date or "never"')
    .optional(),
  /** the last day on which it is met without newer evidence */
  'valid-until': z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date')
    .optional(),
});

const Vignette = z.strictObject({
  id: z.string().regex(/^[\w.@+-]+$/),
  title: z.string().min(1),
  section: z.string().optional(),
  /** start from another vignette of this file */
  like: z.string().optional(),
  without: z.array(NAME).optional(),
  change: z.record(NAME, z.record(z.string(), z.unknown())).optional(),
  order: Order.partial().optional(),
  patient: z
    .strictObject({ born: WHEN.optional(), sex: z.enum(['female', 'male', 'other', 'unknown']).optional() })
    .optional(),
  line: z.enum(['medicare', 'medicaid', 'commercial']).optional(),
  chart: z.array(ChartItem).optional(),
  /** sections that were not retrieved whole */
  incomplete: z.record(z.string(), z.enum(['truncated', 'failed', 'not-available'])).optional(),
  expect: Expect,
  why: z.string().min(1),
});
export type VignetteInput = z.infer<typeof Vignette>;

/** A file of clinical cases with the outcomes that the source text leads to. */
export const VignettesFile = z.strictObject({
  policy: z.string(),
  /** name of the payer on the coverage */
  payer: z.string(),
  /** `generated` cases are kept apart: they do not count as coverage of the criteria */
  origin: z.enum(['source-reader', 'generated']).default('source-reader'),
  vignettes: z.array(Vignette).min(1),
});
export type VignettesInput = z.infer<typeof VignettesFile>;
