import * as z from 'zod';
import { SECTIONS } from '../chart/sections.ts';
import { parseDuration } from '../dates/day.ts';
import { REGIONS } from '../policy/fact-source.ts';
import { MODALITIES } from '../policy/studies.ts';

const TEXT = z.string().min(1);
const NAME = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name has lower-case letters, digits and hyphens');
const SETS = z.array(NAME).min(1);
const WITH_UNIT = 'expected a number and a unit, e.g. "6 weeks", "3 months", "24 hours"';
const DURATION = z.string({ error: WITH_UNIT }).refine((t) => parseDuration(t) !== undefined, WITH_UNIT);
const REGIONAL = z
  .boolean()
  .default(true)
  .meta({ description: 'the place of the evidence has to fit the region asked about' });

/** `above-reference`, `below-reference`, `any` (a value was measured), or a comparison with a UCUM unit such as ">= 38 Cel". */
const TEST = z
  .string()
  .regex(
    /^(above-reference|below-reference|any|(>|>=|<|<=) \d+(\.\d+)? \S+)$/,
    'expected "above-reference", "below-reference", "any" or e.g. ">= 38 Cel"',
  );

const Finding = z.strictObject({
  codes: SETS.optional().meta({ description: 'Condition.code, order reasons, coded Observation values' }),
  except: SETS.optional().meta({ description: 'not entries whose code is of one of these sets too' }),
  observed: SETS.optional().meta({
    description: 'Observation.code of findings answered yes or no, normal or abnormal',
  }),
  history: SETS.optional().meta({ description: 'codes that prove it in the past' }),
  complaint: z.boolean().default(false).meta({ description: 'reasons of visits show it too' }),
  conclusions: z.enum(['suspicion', 'only']).optional().meta({
    description: 'coded conclusions of examinations: a suspicion, not a diagnosis; or nothing but they count',
  }),
  clinical: z
    .array(z.enum(['relapse', 'recurrence']))
    .optional()
    .meta({ description: 'only Conditions with this clinical status' }),
  site: SETS.optional().meta({ description: 'only at a body site of one of these sets' }),
  severity: SETS.optional().meta({
    description: 'only Conditions whose stated severity is of one of these sets; another severity speaks against',
  }),
  'stated-onset': z.boolean().default(false).meta({
    description:
      'for "new": a diagnosis counts by its onset alone; one without a stated onset leaves the question open',
  }),
  new: z.boolean().default(false).meta({
    description:
      'for "new" or "acute": an entry without an onset that repeats one from before the time window leaves the question open',
  }),
  'new-after-event': z
    .boolean()
    .default(false)
    .meta({ description: 'the same, only where the policy asks for what followed another fact' }),
  innervated: z.boolean().default(false).meta({
    description: 'a sign at an arm belongs to the cervical spine, one at a leg to the lumbar spine',
  }),
  'placed-by': SETS.optional().meta({
    description: 'a diagnosis without a place belongs where procedures of these sets were done, if any are on file',
  }),
  'dated-by-onset': z.boolean().default(false).meta({
    description: 'only the onset dates the event, not the day of the entry (presence of a stent)',
  }),
  event: z.boolean().default(false).meta({
    description:
      'an accident or injury: a code for a later encounter or a sequela only says that it took place before, so that its onset alone dates it; an entry without an onset is dated by the entries which it continues',
  }),
  'before-age': DURATION.optional().meta({ description: 'it existed before the patient reached this age' }),
  'ruled-out-by': z.array(SETS).optional().meta({
    description:
      'for a list of different signs: it is ruled out when something of each of these groups is, and never if there are none; default: when any of its codes is',
  }),
  'outdated-by': SETS.optional().meta({
    description:
      'that it is ruled out says nothing of the time since one of these (an injury) whose stated onset is later',
  }),
  suggests: z
    .boolean()
    .default(false)
    .meta({ description: 'proves nothing by itself, but leaves the question open instead of silent' }),
  'open-if-suspected': z.boolean().default(false).meta({
    description:
      'what is only suspected, or is a reason of the order alone, leaves the question whether it is known open instead of silent: what must not be overlooked (an implant)',
  }),
  regional: REGIONAL,
});
const Measure = z.strictObject({
  codes: SETS,
  test: TEST,
  otherwise: TEST.optional().meta({
    description: 'used when there is neither an interpretation nor a reference range',
  }),
  site: SETS.optional().meta({ description: 'parts of a limb that count for the region whose nerves lead there' }),
  refutes: z.boolean().default(true).meta({
    description: 'a normal value speaks against; false where it is one of many and leaves the question as it is',
  }),
  regional: z.boolean().default(false),
  complaint: z
    .boolean()
    .default(false)
    .meta({ description: 'it tells how bad the complaint is, not what it comes from' }),
});
const Imaging = z.strictObject({
  modality: z.array(z.enum(MODALITIES)).min(1),
  result: z
    .enum([
      'any',
      'normal',
      'abnormal',
      'indeterminate',
      'negative',
      'non-diagnostic',
      'abnormal-or-indeterminate',
      'indeterminate-or-unexplained',
      'not-coded',
    ])
    .default('any')
    .meta({ description: 'not-coded: done, and whatever it showed stands in words' }),
  shows: SETS.optional().meta({ description: 'a coded conclusion of one of these sets' }),
  denies: SETS.optional().meta({ description: 'a coded conclusion of one of these sets says that it is not shown' }),
  'in-words': SETS.optional().meta({
    description: 'with shows: words of the conclusion that mean one of these sets leave the question open',
  }),
  established: z.boolean().default(false).meta({
    description: 'with shows: an examination whose result is called indeterminate establishes nothing',
  }),
  lacks: SETS.optional().meta({ description: 'a coded result, and no conclusion of one of these sets' }),
  'not-done-for': SETS.optional().meta({
    description:
      'instead: an examination, of whatever part of the body, that was not done for a reason of these sets leaves the question open',
  }),
  follows: z.enum(['indeterminate']).optional().meta({
    description: 'only examinations after an earlier one of the same kind that was indeterminate or unexplained',
  }),
  also: z
    .array(z.enum(REGIONS))
    .optional()
    .meta({ description: 'examinations of these regions count beside those of the region asked about' }),
  elsewhere: z.boolean().default(false).meta({ description: 'examinations of other parts of the body count too' }),
  brain: z.boolean().default(false).meta({ description: 'examinations of the brain, whatever the region asked about' }),
  body: z
    .union([z.boolean(), z.literal('only'), z.literal('any')])
    .default(false)
    .meta({
      description:
        'examinations of trunk or neck that take the region asked about in: they count too, or only they; any: of whatever part of the spine',
    }),
  codes: SETS.optional().meta({ description: 'only examinations whose code is of one of these sets' }),
  new: SETS.optional().meta({
    description:
      'with shows: a diagnosis or an examination of one of these sets from before the time window leaves the question open',
  }),
  latest: z.boolean().default(false).meta({
    description: 'a later examination with another result speaks against an earlier one',
  }),
});
const Report = z.strictObject({
  codes: SETS.meta({ description: 'DiagnosticReport.code of tests that are no imaging' }),
  shows: SETS.optional(),
  result: z.enum(['any', 'normal', 'abnormal']).default('any'),
  regional: REGIONAL,
});
const Procedure = z.strictObject({
  codes: SETS,
  'undone-by': SETS.optional().meta({ description: 'a later procedure of these sets ends it (a device taken out)' }),
  regional: REGIONAL,
  placed: z
    .boolean()
    .default(false)
    .meta({ description: 'one that names neither a region nor a spine problem is only a lead' }),
  dated: z
    .boolean()
    .default(false)
    .meta({ description: 'one without any date says nothing: it stands among what was done at some time' }),
  during: SETS.optional().meta({
    description:
      'only one that was done while a finding of these sets was there; one that may have been before it began or after it ended leaves it open',
  }),
  suggests: z
    .boolean()
    .default(false)
    .meta({ description: 'proves nothing by itself, but leaves the question open instead of silent' }),
});
const Medication = z.strictObject({
  codes: SETS,
  use: z.enum(['current', 'ever']).default('current'),
  lasting: DURATION.optional(),
  'for-spine': z
    .boolean()
    .default(false)
    .meta({ description: 'not when its stated reason is another problem or region' }),
});
const Visit = z.strictObject({
  specialty: SETS.optional(),
  codes: SETS.optional(),
  'in-person': z.boolean().default(true),
  without: SETS.optional().meta({
    description:
      'visits of these specialties or services do not count (therapy sessions), unless an evaluation is billed as well',
  }),
  evaluation: z.boolean().default(false).meta({
    description: 'visits at which only other services were rendered (an image, a puncture, an injection) do not count',
  }),
  related: z
    .boolean()
    .default(true)
    .meta({ description: 'for the spine problem: by reason, diagnosis, or a diagnosis made there' }),
  reasons: SETS.optional().meta({
    description:
      'for a problem of these sets, or a reason of the order, instead; a visit without a stated reason counts too',
  }),
  'not-for': SETS.optional().meta({
    description:
      'visits for these problems do not count, unless they are at the place that is asked about (hip pain and the lumbar spine), or the visit is for the spine problem of the region as well',
  }),
});
const Order = z.strictObject({
  codes: SETS,
  specialty: SETS.optional(),
  urgent: z.boolean().default(false),
  'by-visit': z.boolean().default(false).meta({
    description:
      'an order that nobody signed is of the specialty that saw the patient for the spine problem when it was placed',
  }),
  'carried-out': z.boolean().default(false).meta({ description: 'orders that were carried out count too' }),
  'same-kinds': SETS.optional().meta({
    description:
      'a procedure of the region performed since, of one of these kinds as the order is, is the one that was ordered',
  }),
  'prohibited-by': SETS.optional().meta({
    description: 'whose order not to perform it speaks against; otherwise those of `specialty`, or anybody',
  }),
  'at-most': z.int().positive().optional().meta({ description: 'more of them than this speak against' }),
  regional: REGIONAL,
});
const Orderer = z.strictObject({ specialty: SETS });
const Device = z.strictObject({
  codes: SETS.optional(),
  safety: SETS.optional(),
  'cleared-by': SETS.optional().meta({
    description: 'ratings that speak against; a device of `codes` with another or no rating leaves it open',
  }),
  kinds: SETS.optional().meta({
    description:
      'with `cleared-by`: each set is a kind of device; a diagnosis that says that one is present, of a kind of which no Device is on file, leaves it open too',
  }),
  'rated-as': SETS.optional().meta({
    description: 'true when each device of `codes` has such a rating; one with no rating leaves it open',
  }),
});
const Allergy = z.strictObject({
  codes: SETS,
  reaction: SETS.optional(),
  suggests: z
    .boolean()
    .default(false)
    .meta({ description: 'it leaves open whether the fact holds: a kind that is not stated' }),
});
/** Treatment of one kind. */
const TreatmentGroup = z.strictObject({
  label: TEXT,
  of: SETS,
  action: TEXT.optional().meta({
    description:
      'what can be done when a course is long enough and nothing but this lacks; no draft order is offered then',
  }),
});
const Course = z.strictObject({
  therapies: SETS.meta({ description: 'Procedures and visits of these sets are treatment' }),
  drugs: SETS.optional(),
  'at-least': DURATION,
  including: z
    .array(TreatmentGroup)
    .default([])
    .meta({ description: 'the course contains something of each of these groups' }),
  refusal: SETS.optional().meta({
    description: 'therapies whose documented refusal rules the course out; default: those of `including`',
  }),
  evaluation: SETS.optional().meta({
    description:
      'the course begins with an evaluation of this set, and has a later visit; one that began with it too short a time ago is none',
  }),
  window: z
    .enum(['whole', 'end'])
    .default('end')
    .meta({ description: 'whole: all of it lies in the window; end: it ends there or goes on' }),
  ongoing: z.boolean().default(false).meta({ description: 'the course goes on at the as-of date' }),
  'not-before': SETS.optional().meta({
    description:
      'treatment that ended before the last of these procedures in the region says nothing of the time after it',
  }),
});
const Improvement = z.strictObject({
  scores: SETS,
  claims: z
    .enum(['none', 'some'])
    .meta({ description: 'none: true when the pain did not improve; some: true when it did' }),
  limbs: SETS.optional().meta({
    description: 'body sites whose scores show it when no score of the region does, with a complaint of `radicular`',
  }),
  radicular: SETS.optional().meta({ description: 'complaints whose pain is felt in a limb' }),
});
const Worsening = z.strictObject({
  scores: SETS,
  during: SETS.optional().meta({ description: 'since the current course of these therapies began, if one goes on' }),
  new: SETS.optional().meta({ description: 'findings of these sets that began in that time show it too' }),
  refutes: z.boolean().default(true).meta({
    description: 'a score that did not rise speaks against; false where other symptoms than the pain count too',
  }),
});
const Persistence = z.strictObject({
  scores: SETS,
  'at-least': DURATION.meta({ description: 'the complaint has lasted so long when it is seen again' }),
  slight: z.number().default(0).meta({ description: 'after an improvement, pain up to this score is as good as gone' }),
});
const Sign = z.strictObject({
  codes: SETS.meta({
    description: 'signs that began in the window and were found at a visit in person, as diagnoses or observations',
  }),
  examination: SETS.optional().meta({
    description: 'examinations as a whole: abnormal now, and normal before or after a symptom that began in the window',
  }),
  symptoms: SETS.optional().meta({ description: 'reported symptoms, which an abnormal examination demonstrates' }),
});
const PERCENT = z.string().regex(/^\d+(\.\d+)? %$/, 'expected e.g. "5 %"');
const Trend = z.strictObject({
  codes: SETS,
  'falls-by': PERCENT.meta({ description: 'more than this share of the earlier value' }),
  span: DURATION.meta({ description: 'between two values no further apart than this' }),
});
const Comparison = z.strictObject({ scores: SETS, here: SETS, over: SETS });
const Progression = z.strictObject({
  signs: z.array(NAME).min(1).meta({ description: 'the facts of which a sign is new' }),
  baseline: z
    .array(NAME)
    .default([])
    .meta({ description: 'facts whose signs, found or absent, show an earlier examination too' }),
  examination: SETS.optional(),
  'not-at': SETS.optional().meta({
    description: 'a sign found at a visit for one of these, and for nothing of the spine, shows no progression',
  }),
  'dated-onset': z
    .boolean()
    .default(false)
    .meta({ description: 'a sign whose documented onset lies well after that of the complaint counts as new' }),
});
const Change = z.strictObject({
  drugs: SETS.meta({ description: 'one set for each drug, with its products: another strength or brand is no change' }),
});

/** One kind of evidence. */
const Block = z.union([
  z.strictObject({ finding: Finding }),
  z.strictObject({ measure: Measure }),
  z.strictObject({ imaging: Imaging }),
  z.strictObject({ report: Report }),
  z.strictObject({ procedure: Procedure }),
  z.strictObject({ medication: Medication }),
  z.strictObject({ visit: Visit }),
  z.strictObject({ order: Order }),
  z.strictObject({ orderer: Orderer }),
  z.strictObject({ device: Device }),
  z.strictObject({ allergy: Allergy }),
  z.strictObject({ course: Course }),
  z.strictObject({ improvement: Improvement }),
  z.strictObject({ worsening: Worsening }),
  z.strictObject({ persistence: Persistence }),
  z.strictObject({ sign: Sign }),
  z.strictObject({ trend: Trend }),
  z.strictObject({ comparison: Comparison }),
  z.strictObject({ progression: Progression }),
  z.strictObject({ change: Change }),
]);

const Leads = z.strictObject({
  orders: SETS.optional(),
  documents: SETS.optional(),
  findings: SETS.optional(),
});

const Fact = z.strictObject({
  label: TEXT,
  ask: TEXT.regex(/\?$/, 'a question ends with "?"'),
  note: TEXT.optional(),
  urgent: z.boolean().default(false),
  lookback: DURATION.optional().meta({ description: 'older evidence, for or against, is not current' }),
  evidence: z.array(Block).default([]),
  any: z.array(NAME).optional().meta({ description: 'true when one of these facts is' }),
  all: z.array(NAME).optional().meta({ description: 'true when all of these facts are' }),
  'patient-may-answer': z.boolean().default(false),
  'of-the-patient': z.boolean().default(false).meta({
    description:
      'it does not depend on a region: a statement counts whatever region the order was for on whose form it was given',
  }),
  leads: Leads.optional(),
  action: TEXT.optional().meta({ description: 'what can be done when the chart lacks it' }),
  order: z
    .partialRecord(
      z.enum([...REGIONS, 'any']),
      z.strictObject({ system: z.enum(['cpt', 'snomed']), code: TEXT, label: TEXT }),
    )
    .optional()
    .meta({ description: 'a draft order that can be offered for the action, by region' }),
  takes: DURATION.optional(),
  lasts: DURATION.optional().meta({
    description: 'what it tells of has lasted at least so long: cards ask late for it where the complaint began later',
  }),
  sufficient: z
    .array(z.enum(SECTIONS))
    .optional()
    .meta({ description: 'one of these sections, complete, suffices to say that there is none' }),
  'stands-in-basket': z.boolean().default(false).meta({
    description: 'an order of the same time: where an EHR has no such section, the basket of the call suffices',
  }),
});

const optionalOf = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? optionalOf(schema.unwrap()) : schema;

/** Is it a list of code sets, or a list of such lists? */
function listsSets(schema: z.core.$ZodType): boolean {
  const inner = optionalOf(schema);
  return inner._zod.def === SETS._zod.def || (inner instanceof z.ZodArray && listsSets(inner.element));
}

/** The members of evidence and leads that name code sets. */
export const SET_MEMBERS: ReadonlySet<string> = new Set(
  [Leads, TreatmentGroup, ...Block.options.flatMap((block) => Object.values<z.ZodObject>(block.shape))].flatMap(
    (schema) =>
      Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, member]) => (listsSets(member) ? [name] : [])),
  ),
);

const EpisodeFamilies = z.strictObject({
  complaints: z
    .record(NAME, SETS)
    .meta({ description: 'kinds of complaint; a new onset of the same kind begins a new episode' }),
  otherwise: z
    .record(NAME, SETS)
    .default({})
    .meta({ description: 'problems that make an episode when no complaint is on file; the first kind found counts' }),
  lasting: z.array(NAME).default([]).meta({
    description:
      'kinds of these problems that do not go away: unless they are said to have ended, they last from the day of their entry on',
  }),
  healing: SETS.optional().meta({
    description:
      'injuries that heal: an entry tells of its own time, and not that it is there still, however long it stands as active',
  }),
  therapies: SETS,
  drugs: SETS,
  'also-for': z.record(NAME, SETS).default({}).meta({
    description:
      'a set of drugs, and the problems for which they may be meant as well: with one of these on file, a drug without a stated reason proves no treatment of the spine',
  }),
  'begun-with': DURATION.optional().meta({
    description:
      'a drug begun so soon after the onset of the complaint, or so near to the first visit of a course of therapy for it, is for it, while each other problem for which it may be meant is older by more than a gap and nobody was seen for one',
  }),
  'pain-after': z.strictObject({ events: SETS, within: DURATION }).optional().meta({
    description:
      'operations and injuries elsewhere: a drug without a stated reason, begun so shortly after one, proves no treatment of the spine',
  }),
  'visit-reasons': SETS.meta({ description: 'reasons and diagnoses that make a visit one for the spine problem' }),
  'pain-elsewhere': z.array(NAME).default([]).meta({
    description: 'reasons of visits whose scores of pain are of another place of the body than the spine',
  }),
  'pain-reasons': z.array(NAME).default([]).meta({
    description:
      'reasons of visits that name a pain and no spine problem: a score of pain taken there may be of the complaint',
  }),
  'not-a-gap': DURATION.meta({ description: 'longer than this without visit, code or treatment ends an episode' }),
  'suspicion-lasts': DURATION.optional().meta({
    description:
      'a suspicion that was stated longer ago, and is no reason of the order or of a later visit, may be one no more',
  }),
});

/** `policies/facts/*.yaml`: the shared, payer-neutral vocabulary. */
export const FactsFile = z.strictObject({
  facts: z.record(NAME, Fact).default({}),
  episode: EpisodeFamilies.optional(),
});
export type FactsInput = z.infer<typeof FactsFile>;
export type FactInput = z.infer<typeof Fact>;
export type BlockInput = z.infer<typeof Block>;
export type EpisodeInput = z.infer<typeof EpisodeFamilies>;
export type FindingInput = z.infer<typeof Finding>;
export type MeasureInput = z.infer<typeof Measure>;
export type ImagingInput = z.infer<typeof Imaging>;
export type ReportInput = z.infer<typeof Report>;
export type ProcedureInput = z.infer<typeof Procedure>;
export type MedicationInput = z.infer<typeof Medication>;
export type VisitInput = z.infer<typeof Visit>;
export type OrderInput = z.infer<typeof Order>;
export type OrdererInput = z.infer<typeof Orderer>;
export type DeviceInput = z.infer<typeof Device>;
export type AllergyInput = z.infer<typeof Allergy>;
export type CourseInput = z.infer<typeof Course>;
export type ImprovementInput = z.infer<typeof Improvement>;
export type WorseningInput = z.infer<typeof Worsening>;
export type PersistenceInput = z.infer<typeof Persistence>;
export type SignInput = z.infer<typeof Sign>;
export type TrendInput = z.infer<typeof Trend>;
export type ComparisonInput = z.infer<typeof Comparison>;
export type ProgressionInput = z.infer<typeof Progression>;
export type ChangeInput = z.infer<typeof Change>;
