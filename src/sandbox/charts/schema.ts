import * as z from 'zod';
import { OUTCOMES } from '../../policy/assessment.ts';
import { Code, Codes } from './codes.ts';

/** A day counted from today: "-98d", "-6w", "-3m", "-2y", "0d". Stories stay true whenever they are told. */
const When = z
  .string()
  .regex(/^(-\d+[dwmy]|0d)$/, 'expected a time before today such as "-98d", "-6w", "-3m", "-2y" or "0d"');
const Name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
const Id = z.string().regex(/^[A-Za-z0-9-]{1,40}$/);

const common = {
  /** the resource's id after the patient's; without it the kind and a number */
  as: Name.optional(),
  status: z.string().optional(),
  /** a practitioner of the directory */
  by: Id.optional(),
  /** the visit at which it happened, by its `as` */
  at: Name.optional(),
};
const reasons = Codes.optional();
const site = Code.optional();

const Visit = z.strictObject({
  ...common,
  visit: z.enum(['office', 'emergency', 'inpatient', 'telehealth']),
  date: When,
  reasons,
  type: Codes.optional(),
  /** vital signs were taken; given values instead of usual ones */
  vitals: z
    .strictObject({ temperature: z.number().optional(), pulse: z.number().optional() })
    .optional()
    .meta({ description: '{} = usual values' }),
  pain: z.int().min(0).max(10).optional(),
});
const Condition = z.strictObject({
  ...common,
  condition: Codes,
  onset: When.optional(),
  recorded: When.optional(),
  abated: When.optional(),
  certainty: z.enum(['confirmed', 'provisional', 'refuted']).default('confirmed'),
  site,
});
const Therapy = z.strictObject({
  ...common,
  therapy: z.strictObject({ evaluation: Codes, visit: Codes }),
  evaluation: When.optional(),
  from: When.optional(),
  to: When.optional(),
  every: z.int().positive().default(7),
  reasons,
  site,
});
const Procedure = z.strictObject({ ...common, procedure: Codes, date: When, reasons, site });
const Report = z.strictObject({
  ...common,
  report: Codes,
  date: When,
  kind: z.enum(['imaging', 'test']).default('imaging'),
  result: Codes.optional(),
  text: z.string().optional(),
});
const Observation = z.strictObject({
  ...common,
  observation: Codes,
  date: When,
  value: z.union([z.boolean(), z.string()]),
  range: z.tuple([z.number().nullable(), z.number().nullable()]).optional(),
  category: z.enum(['laboratory', 'vital-signs', 'exam', 'survey']).default('exam'),
  site,
});
const Drug = z.strictObject({
  ...common,
  drug: Codes,
  from: When,
  days: z.int().positive().optional(),
  reasons,
  sig: z.string().optional(),
});
const Order = z.strictObject({ ...common, order: Codes, date: When, reasons });
const Allergy = z.strictObject({ ...common, allergy: Codes, reaction: Codes.optional(), date: When.optional() });
const Family = z.strictObject({ ...common, family: Codes, relation: z.string() });

export const ChartItem = z.union([
  Visit,
  Condition,
  Therapy,
  Procedure,
  Report,
  Observation,
  Drug,
  Order,
  Allergy,
  Family,
]);
export type ChartItem = z.infer<typeof ChartItem>;

const Coverage = z.strictObject({
  /** an organization of the directory */
  payer: Id,
  line: z.enum(['medicare', 'medicaid', 'commercial']).default('commercial'),
  plan: z.string().optional(),
  /** how the Coverage names its payer */
  names: z.enum(['reference', 'display', 'contained']).default('reference'),
});

const Background = z.strictObject({
  years: z.int().min(1).max(12).default(5),
  chronic: z.array(Name).default([]),
  past: z.array(Name).default([]),
  knee: z.boolean().default(false),
  child: z.boolean().default(false),
});

const Expect = z.strictObject({
  policy: z.string(),
  outcome: z.enum(OUTCOMES),
  'as-documented': z.enum(OUTCOMES).optional(),
  /** criteria that are satisfied, by id of the path */
  criteria: z.array(z.string()).optional(),
  alternative: z.array(z.string()).optional(),
  /** how many questions the card asks: at least, at most */
  questions: z.tuple([z.int(), z.int()]).optional(),
  /** exactly the facts that are asked for */
  asks: z.array(z.string()).optional(),
  /** how many suggestions the card makes */
  suggestions: z.int().optional(),
  urgent: z.boolean().default(false),
  /** the payer is assumed, as no coverage is on file */
  assumed: z.boolean().default(false),
  /** days from today on which the nearest path could be true if what it needs were begun today */
  'started-now': z.int().positive().optional(),
});

const Try = z.strictObject({
  order: z.strictObject({ study: z.string().regex(/^[0-9A-Z]{5}$/), label: z.string(), reasons }),
  expect: Expect,
});

/** One synthetic patient: who, the story, the orders to try with what comes of them, and the chart. */
export const PatientFile = z.strictObject({
  id: Name,
  name: z.strictObject({ given: z.string(), family: z.string() }),
  gender: z.enum(['female', 'male']),
  /** completed years, today */
  age: z.int().min(0).max(110),
  line: z.string().min(1).max(90).meta({ description: 'the story in one line' }),
  story: z.string().min(1),
  coding: z.enum(['us', 'snomed']).default('us'),
  coverage: z.array(Coverage).default([]),
  tries: z.array(Try).min(1),
  background: Background,
  chart: z.array(ChartItem).min(1),
});
export type PatientInput = z.infer<typeof PatientFile>;

const Laboratory = z.strictObject({
  code: Code,
  unit: z.string(),
  usual: z.number(),
  spread: z.number(),
  decimals: z.int().min(0).max(3).default(0),
  range: z.tuple([z.number().nullable(), z.number().nullable()]).optional(),
});
const Routine = z.strictObject({ reason: Codes, type: Codes });

/** `background.yaml` */
export const BackgroundFile = z.strictObject({
  chronic: z.record(Name, z.strictObject({ codes: Codes, drug: Code.optional() })),
  past: z.record(Name, z.strictObject({ codes: Codes, days: z.int().positive() })),
  routine: z.strictObject({ visit: Routine, 'child-visit': Routine, 'problem-visit': z.strictObject({ type: Codes }) }),
  vitals: z.array(Laboratory),
  pressure: z.strictObject({ panel: Code, systolic: Code, diastolic: Code }),
  panels: z.array(z.strictObject({ code: Code, adult: z.boolean().default(false), of: z.array(Laboratory) })),
  vaccines: z.strictObject({ yearly: Code, adult: z.array(Code), child: z.array(Code) }),
  smoking: z.strictObject({ code: Code, never: Code }),
  knee: z.strictObject({ problem: Codes, site: Code, films: Codes, therapy: Codes, drug: Code }),
});
export type BackgroundInput = z.infer<typeof BackgroundFile>;
export type Measurable = z.infer<typeof Laboratory>;

/** `directory.yaml` */
export const DirectoryFile = z.strictObject({
  organizations: z.array(
    z.strictObject({
      id: Id,
      name: z.string(),
      type: z.enum(['prov', 'pay']),
      identifier: z.string().optional().meta({ description: 'an invented one; payers are known by it in payer mode' }),
    }),
  ),
  practitioners: z.array(z.strictObject({ id: Id, given: z.string(), family: z.string(), specialty: Code })),
});
export type DirectoryInput = z.infer<typeof DirectoryFile>;
