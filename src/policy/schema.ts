import * as z from 'zod';
import { parseDuration } from '../dates/day.ts';
import { sayingAll } from '../yaml/yaml-file.ts';
import { REGIONS, type Region } from './fact-source.ts';

const ID = z
  .string({ error: 'expected an id in quotes or letters' })
  .regex(/^[A-Za-z0-9][\w.+/()-]*$/, 'an id has letters, digits and . _ - + / ( )');
const NAME = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name has lower-case letters, digits and hyphens');
const TEXT = z.string().min(1);
const DATE = z.iso.date({ error: 'expected a date "YYYY-MM-DD" in quotes' });
const CODE = z
  .string({ error: 'quote codes: "72148"' })
  .regex(/^[0-9A-Z]{5}$/, 'expected a five-character procedure code in quotes');

/** A text of a certain form; the same is said whether the form is wrong or YAML reads something else than a text. */
const text = (form: RegExp, expected: string): z.ZodString => z.string({ error: expected }).regex(form, expected);

const WITH_UNIT = 'expected a number and a unit, e.g. "6 weeks", "3 months", "24 hours"';
const DURATION = z
  .string({ error: WITH_UNIT })
  .refine((t) => t.startsWith('$') || parseDuration(t) !== undefined, WITH_UNIT);
const COMPARISON = text(
  /^(>|>=|<|<=) (\d+ (hour|day|week|month|year)s?|\$[a-z-]+)$/,
  'expected a comparison with a unit, e.g. "> 6 weeks", "<= 21 years"',
);
const FACT = text(
  /^((known|suspected|history of) )?(\$)?[a-z][a-z0-9-]*$/,
  'expected "fact-name", "suspected fact-name" or "history of fact-name"',
);

/** Members that any node of a criterion may carry. */
const common = {
  id: ID.optional(),
  label: TEXT.optional(),
  cite: TEXT.optional(),
  note: TEXT.optional(),
  from: DATE.optional(),
  until: DATE.optional(),
};

const window = {
  within: DURATION.optional().meta({ description: 'dated no longer ago than this (counted back from the as-of date)' }),
  ago: DURATION.optional().meta({ description: 'dated at least this long ago' }),
  begun: COMPARISON.optional().meta({ description: 'how long ago the first evidence is dated' }),
  since: z
    .union([z.literal('episode'), z.strictObject({ fact: NAME, certainty: z.literal('suspected').optional() })], {
      error: 'expected episode or { fact: fact-name }',
    })
    .optional()
    .meta({ description: 'dated on or after this; a fact that is only suspected dates nothing unless that is said' }),
  grace: DURATION.optional().meta({ description: 'with since: evidence that much earlier counts too' }),
  region: z
    .enum([...REGIONS, 'any', 'path'])
    .optional()
    .meta({ description: 'default: the region of the path' }),
  source: z.literal('order-reason').optional(),
};

const Band = z.strictObject({
  until: DURATION.optional().meta({ description: 'this band ends so long after the start; the last band has none' }),
  every: DURATION,
});

interface Common {
  id?: string | undefined;
  label?: string | undefined;
  cite?: string | undefined;
  note?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
}
interface Window {
  within?: string | undefined;
  ago?: string | undefined;
  begun?: string | undefined;
  since?: 'episode' | { fact: string; certainty?: 'suspected' | undefined } | undefined;
  grace?: string | undefined;
  region?: Region | 'any' | 'path' | undefined;
  source?: 'order-reason' | undefined;
}
/** A criterion: a bare fact, or exactly one operator with its operands and the common members. */
export type NodeInput =
  | string
  | (Common & { all: NodeInput[] })
  | (Common & { any: NodeInput[] })
  | (Common & { 'at-least': number; of: NodeInput[] })
  | (Common & { not: NodeInput })
  | (Common & Window & { fact: string })
  | (Common & Window & { absent: string })
  | (Common & { age: string })
  | (Common & { episode: string })
  | (Common & { use: string; with?: Record<string, string> | undefined })
  | (Common & { review: string })
  | (Common & { 'any-indication': { except: string[] } })
  | (Common & {
      schedule: {
        last: string;
        'counted-from': string;
        after?: string | undefined;
        from?: 'earliest' | 'latest' | undefined;
        bands: { until?: string | undefined; every: string }[];
      };
    });
export type StudyInput = string | { study: string; when: NodeInput };
interface PlaceCommon {
  id: string;
  label: string;
  cite?: string | undefined;
  note?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
  entry?: NodeInput | undefined;
  about?: NodeInput | undefined;
  require?: NodeInput[] | undefined;
  studies?: StudyInput[] | undefined;
  region?: Region | 'order' | undefined;
  regions?: Region[] | undefined;
  screen?: boolean | undefined;
  'own-studies-only'?: boolean | undefined;
  'own-region-only'?: boolean | undefined;
  'red-flag'?: boolean | undefined;
  'closed-by'?: NodeInput[] | undefined;
}
/** One indication of the policy. */
export type PathInput = PlaceCommon & { criteria?: NodeInput | undefined };
/** A section of the policy with indications below it. */
export type SectionInput = PlaceCommon & { paths: PlaceInput[] };
export type PlaceInput = PathInput | SectionInput;

const Fact = z.strictObject({ ...common, ...window, fact: FACT });
const Absent = z.strictObject({ ...common, ...window, absent: FACT });
const Age = z.strictObject({ ...common, age: COMPARISON });
const EpisodeLength = z.strictObject({ ...common, episode: COMPARISON });
const Use = z.strictObject({
  ...common,
  use: z.string(),
  with: z
    .record(NAME, z.string({ error: 'expected the value of the parameter in quotes, e.g. "3 months"' }))
    .optional(),
});
const Review = z.strictObject({
  ...common,
  review: TEXT.meta({ description: 'what a reviewer or another document must decide' }),
});
const AnyIndication = z.strictObject({
  ...common,
  'any-indication': z.strictObject({ except: z.array(ID).default([]) }),
});
const Schedule = z.strictObject({
  ...common,
  schedule: z.strictObject({
    last: FACT.meta({ description: 'the fact whose latest date is the last study; none on file = due' }),
    'counted-from': FACT.meta({ description: 'the fact whose date starts the schedule' }),
    after: FACT.optional().meta({
      description:
        'a fact that came before it (the diagnosis before its treatment): without the date of the start, a study that is due counted from the onset of this is due in any case',
    }),
    from: z.enum(['earliest', 'latest']).default('latest').meta({
      description: 'its first evidence (a diagnosis) or its last one (the end of treatment)',
    }),
    bands: z.array(Band).min(1),
  }),
});
const All = z.strictObject({
  ...common,
  get all(): z.ZodArray<z.ZodType<NodeInput>> {
    return z.array(Node).min(1);
  },
});
const Any = z.strictObject({
  ...common,
  get any(): z.ZodArray<z.ZodType<NodeInput>> {
    return z.array(Node).min(1);
  },
});
const AtLeast = z.strictObject({
  ...common,
  'at-least': z.int().positive(),
  get of(): z.ZodArray<z.ZodType<NodeInput>> {
    return z.array(Node).min(1);
  },
});
const Not = z.strictObject({
  ...common,
  get not(): z.ZodType<NodeInput> {
    return Node;
  },
});

const OPERATORS = [
  All,
  Any,
  AtLeast,
  Not,
  Fact,
  Absent,
  Age,
  EpisodeLength,
  Use,
  Review,
  Schedule,
  AnyIndication,
] as const;
/** The members by which nodes show what they are. (Asked for late: nodes are made of nodes.) */
const operatorNames = (): readonly string[] =>
  OPERATORS.flatMap(({ shape }) =>
    Object.keys(shape).filter((name) => !(name in common || name in window || name === 'of' || name === 'with')),
  );

/** What is wrong with a node of which no kind of node can tell it. */
function aboutNode(input: unknown): string {
  if (Array.isArray(input)) return 'a list of criteria goes under all: or any:';
  const names = operatorNames();
  const operators = Object.keys(input ?? {}).filter((name) => names.includes(name));
  if (operators.length > 1)
    return sayingAll(`one operator a node: ${operators.join(' and ')} go into nodes of their own, under all: or any:`);
  return 'expected "fact-name", "suspected fact-name", "history of fact-name", or a node such as { fact: … }, { all: […] }, { not: … }';
}

const Node: z.ZodType<NodeInput> = z
  .union([FACT, ...OPERATORS], { error: ({ input }) => aboutNode(input) })
  .meta({ id: 'Criterion' });

const StudyName = text(
  /^([0-9A-Z]{5}|(mri|ct) (without|with|without-and-with))$/,
  'expected a code in quotes, or "mri" or "ct" with "without", "with" or "without-and-with" behind it for the region of the path',
);
const Study = z.union([StudyName, z.strictObject({ study: StudyName, when: Node })]);

const place = {
  id: ID,
  label: TEXT,
  cite: TEXT.optional(),
  note: TEXT.optional(),
  from: DATE.optional(),
  until: DATE.optional(),
  entry: Node.optional().meta({
    description: 'the diagnosis, event or presentation that the passage is about, read closed-world',
  }),
  about: Node.optional().meta({
    description: 'what else has to be on file for the passage to be in play, without being one of its criteria',
  }),
  require: z.array(Node).optional().meta({ description: 'what every path below needs' }),
  studies: z.array(Study).optional().meta({ description: 'the studies that the passage names; inherited' }),
  region: z.enum([...REGIONS, 'order']).optional(),
  regions: z.array(z.enum(REGIONS)).optional().meta({ description: 'one copy of the passage for each region' }),
  screen: z.boolean().optional().meta({ description: 'a red flag that is always in play and read open-world' }),
  'own-studies-only': z.boolean().optional().meta({
    description:
      'speaks of orders for its own studies alone: it makes no other order an alternative and keeps none open',
  }),
  'own-region-only': z.boolean().optional().meta({
    description: 'speaks of orders for its own region alone: it makes no order for another region an alternative',
  }),
  'red-flag': z.boolean().optional().meta({
    description: 'rests on a red flag: proposed as a way to met only when the chart speaks of one',
  }),
  'closed-by': z.array(Node).optional().meta({ description: 'a documented negative of one of these closes the path' }),
};

/** A path has criteria, a section has paths: one schema for both, so that a mistake below a section is reported where it stands. */
const Place: z.ZodType<PlaceInput> = z
  .strictObject({
    ...place,
    criteria: Node.optional(),
    get paths(): z.ZodOptional<z.ZodArray<z.ZodType<PlaceInput>>> {
      return z.array(Place).min(1).optional();
    },
  })
  .refine(
    (p) => !('paths' in p && 'criteria' in p),
    'a section with paths has no criteria of its own: they stand under require',
  )
  .meta({ id: 'Passage' }) as z.ZodType<PlaceInput>;

const Exclusion = z
  .strictObject({
    id: ID,
    label: TEXT,
    cite: TEXT,
    note: TEXT.optional(),
    from: DATE.optional(),
    until: DATE.optional(),
    studies: z
      .array(StudyName)
      .optional()
      .meta({ description: 'only these ordered studies are excluded; default all' }),
    region: z.enum([...REGIONS, 'order']).optional(),
    'if-unknown': z.enum(['ignore', 'ask', 'ask-if-on-file']),
    criteria: Node.optional().meta({ description: 'left out: the studies themselves are excluded' }),
    unless: Node.optional(),
  })
  .refine((e) => e.criteria !== undefined || e.studies !== undefined, 'an exclusion names criteria or studies');

const NotRequired = z.strictObject({
  id: ID,
  label: TEXT,
  cite: TEXT,
  note: TEXT.optional(),
  'line-of-business': z.array(z.enum(['medicare', 'medicaid', 'commercial'])).optional(),
  studies: z.array(CODE).optional(),
});

/** A policy file: the source document rewritten as criteria, in its order, under its section labels. */
export const PolicyFile = z
  .strictObject({
    policy: NAME,
    version: z.string({ error: 'quote the version' }),
    title: TEXT,
    publisher: TEXT,
    url: z.url().optional(),
    status: z.enum(['in-force', 'shadow', 'draft']).default('in-force'),
    effective: DATE,
    until: DATE.optional().meta({ description: 'first day on which the text is no longer in force' }),
    checked: DATE.meta({ description: 'when the text was last compared with its publisher' }),
    'review-by': DATE.meta({ description: 'past this date the card says that the text should be checked again' }),
    notice: TEXT.optional().meta({ description: 'said on every card, e.g. that the text is probably superseded' }),
    region: z.enum([...REGIONS, 'order']).optional(),
    governs: z.array(CODE).min(1),
    'governs-when': z
      .array(z.strictObject({ studies: z.array(CODE).min(1), criteria: Node }))
      .default([])
      .meta({
        description:
          'studies of many parts of the body: an order is governed only when this is on file, else there is no card',
      }),
    documents: z.array(TEXT).default([]).meta({ description: 'what the payer asks to be sent' }),
    'not-required': z.array(NotRequired).default([]),
    define: z
      .record(
        NAME,
        z.strictObject({
          params: z.array(NAME).default([]),
          label: TEXT.optional(),
          note: TEXT.optional(),
          criteria: Node,
        }),
      )
      .default({}),
    exclusions: z.array(Exclusion).default([]),
    indications: z.array(Place).min(1),
    'not-encoded': z
      .array(z.strictObject({ cite: TEXT, why: TEXT }))
      .default([])
      .meta({ description: 'passages that carry no criterion' }),
  })
  .meta({ id: 'Policy', title: 'Payer policy' });
export type PolicyInput = z.infer<typeof PolicyFile>;
