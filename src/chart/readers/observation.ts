import { parseDate } from '../../dates/day.ts';
import { start } from '../element-dates.ts';
import { type Json, object, objects, text } from '../json.ts';
import { numberInWords, soleWord } from '../number-in-words.ts';
import { isGoalInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { FamilyRecord, ImagingRecord, ObservationRecord, ObservedValue } from '../records.ts';
import { isExaminationInWords, readImaging, readImagingInWords } from './imaging.ts';

const COMPARATORS = new Set(['<', '<=', '>=', '>']);

/** HL7 version 2 tables of yes and no, as converted messages name them. */
const YES_OR_NO = new Set([
  'http://terminology.hl7.org/CodeSystem/v2-0136',
  'http://terminology.hl7.org/CodeSystem/v2-0532',
  'urn:oid:2.16.840.1.113883.12.136',
  'urn:oid:2.16.840.1.113883.12.532',
]);

/** A yes or no in a code of HL7 version 2. */
function yesOrNo(concept: unknown): boolean | undefined {
  const coding = objects(object(concept)?.['coding']).find((c) => YES_OR_NO.has(text(c['system']) ?? ''));
  return coding?.['code'] === 'Y' ? true : coding?.['code'] === 'N' ? false : undefined;
}

/** A coded value; where no code of it is known and it is called by a number alone ("7"), that number. */
function codedValue(ctx: ReadContext, concept: unknown): ObservedValue {
  const isUnknown = ctx.concepts.keys(concept).length === 0;
  const number = isUnknown ? numberInWords(soleWord(object(concept))) : undefined;
  return number ?? { kind: 'coded', hits: ctx.concepts.hits(concept) };
}

function observedValue(ctx: ReadContext, r: Json): ObservedValue | undefined {
  const quantity = object(r['valueQuantity']);
  if (quantity !== undefined) {
    const value = quantity['value'];
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    const comparator = text(quantity['comparator']);
    return {
      kind: 'number',
      value,
      unit: unitOf(quantity),
      ...(comparator !== undefined &&
        COMPARATORS.has(comparator) && { comparator: comparator as '<' | '<=' | '>=' | '>' }),
    };
  }
  const integer = r['valueInteger'];
  if (typeof integer === 'number' && Number.isFinite(integer)) return { kind: 'number', value: integer, unit: '' };
  const flag = r['valueBoolean'];
  if (typeof flag === 'boolean') return { kind: 'boolean', value: flag };
  const answer = yesOrNo(r['valueCodeableConcept']);
  if (answer !== undefined) return { kind: 'boolean', value: answer };
  if (r['valueCodeableConcept'] !== undefined) return codedValue(ctx, r['valueCodeableConcept']);
  const date = parseDate(r['valueDateTime']);
  if (date !== undefined) return { kind: 'date', value: date };
  const said = r['valueString'];
  return said === undefined ? undefined : (numberInWords(text(said)) ?? { kind: 'text' });
}

const unitOf = (quantity: Json | undefined): string => text(quantity?.['code']) ?? text(quantity?.['unit']) ?? '';

/** The limit of a reference range; none when it is stated in another unit than the value. */
const bound = (range: Json | undefined, end: 'low' | 'high', quantity: Json | undefined): number | undefined => {
  const limit = object(range?.[end]);
  const value = limit?.['value'];
  const same =
    quantity === undefined ||
    (['code', 'unit'] as const).some((m) => text(limit?.[m]) !== undefined && limit?.[m] === quantity[m]) ||
    unitOf(limit) === '' ||
    unitOf(quantity) === '' ||
    unitOf(limit).toLowerCase() === unitOf(quantity).toLowerCase();
  return typeof value === 'number' && same ? value : undefined;
};

/** The range of what is normal: not that of a treatment, nor the critical limits. */
const normalRange = (part: Json): Json | undefined =>
  objects(part['referenceRange']).find((r) => {
    const kinds = objects(object(r['type'])?.['coding']).flatMap((c) => text(c['code']) ?? []);
    return kinds.length === 0 || kinds.includes('normal');
  });

const FINAL = new Set(['final', 'amended', 'corrected']);

/** Does a fact understand the code or the coded value? Most of a chart is silent on the spine. */
const speaks = (ctx: ReadContext, part: Json): boolean =>
  (ctx.concepts.hits(part['code']).length > 0 || ctx.concepts.hits(part['valueCodeableConcept']).length > 0) &&
  !isGoalInWords(part['code']);

/**
 * Reads an Observation and its components; one whose code names an imaging study is also an examination. What the value alone names was
 * shown by an examination where it is the result of one.
 */
export function readObservation(
  ctx: ReadContext,
  r: Json,
  ref: string,
  isOfStudy: boolean = ctx.links.isResultOfStudy(ref),
): readonly (ObservationRecord | ImagingRecord | FamilyRecord)[] {
  const dated = start(r, 'effective') ?? parseDate(r['issued']);
  const study = ctx.concepts.study(r['code']);
  if (study !== undefined) return [readImaging(ctx, r, ref, study, dated)];
  const whole = r['component'] === undefined ? [r] : [r, ...objects(r['component'])];
  const as = ctx.concepts.statedAs(r['code']);
  if (as === 'family') return familyHistory(ctx, whole, ref);
  const isShown = (part: Json): boolean => isOfStudy && part === r && ctx.concepts.hits(r['code']).length === 0;
  const parts = whole.filter((part) => speaks(ctx, part) && !isShown(part));
  if (parts.length === 0) {
    const named = isExaminationInWords(ctx, r) && readImagingInWords(ctx, r, ref, r['code'], true, dated);
    return named ? [named] : [];
  }
  const status = text(r['status']);
  const of: OfAllParts = {
    ref,
    site: ctx.concepts.site(r['bodySite']),
    siteHits: ctx.concepts.hits(r['bodySite']),
    encounter: ctx.links.key(object(r['encounter'])),
    final: status === undefined || FINAL.has(status),
    when: dated,
    as,
  };
  return parts.map((part) => readPart(ctx, part, of));
}

/** The diseases of relatives: leads that never prove anything about the patient. */
function familyHistory(ctx: ReadContext, parts: readonly Json[], ref: string): readonly FamilyRecord[] {
  const hits = parts.flatMap((part) => ctx.concepts.hits(part['valueCodeableConcept']));
  return hits.length === 0 ? [] : [{ type: 'family', ref, hits, site: 0 }];
}

/** Reads the results that stand within a report; what they leave out, its date and status, the report says. */
export function readContainedResults(
  ctx: ReadContext,
  report: Json,
  ref: string,
): readonly (ObservationRecord | ImagingRecord | FamilyRecord)[] {
  const { status, effectiveDateTime, effectivePeriod, issued } = report;
  const ofReport = Object.entries({ status, effectiveDateTime, effectivePeriod, issued }).filter(
    ([, v]) => v !== undefined,
  );
  const isOfStudy = ctx.links.isOfStudy(report);
  return ctx.links.containedResults(report).flatMap((o) => {
    const dated = start(o, 'effective') !== undefined;
    const lacking = ofReport.filter(([member]) => o[member] === undefined && !(dated && member !== 'status'));
    return readObservation(ctx, { ...o, ...Object.fromEntries(lacking) }, ref, isOfStudy);
  });
}

/** What holds for an Observation and all of its components. */
type OfAllParts = Pick<ObservationRecord, 'ref' | 'site' | 'siteHits' | 'encounter' | 'final' | 'when' | 'as'>;

function readPart(ctx: ReadContext, part: Json, of: OfAllParts): ObservationRecord {
  const value = part['dataAbsentReason'] === undefined ? observedValue(ctx, part) : undefined;
  const { codes, hits: interpreted } = ctx.concepts.interpretation(part['interpretation']);
  const range = normalRange(part);
  const quantity = object(part['valueQuantity']);
  return {
    type: 'observation',
    ref: of.ref,
    hits: ctx.concepts.hits(part['code']),
    site: of.site,
    encounter: of.encounter,
    final: of.final,
    when: of.when,
    value,
    interpretation: codes,
    low: bound(range, 'low', quantity),
    high: bound(range, 'high', quantity),
    valueHits: value?.kind === 'coded' ? [...value.hits, ...interpreted] : interpreted,
    siteHits: of.siteHits,
    as: of.as,
  };
}
