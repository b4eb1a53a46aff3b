import { type Interval, parseDate } from '../../dates/day.ts';
import { isExact, type OpenStudy, type Study, type StudyInWords } from '../../policy/studies.ts';
import type { Hit } from '../../terminology/code-index.ts';
import { placeOf, placeOfHits } from '../../terminology/regions.ts';
import { checkSize } from '../concept-reader.ts';
import { daysOf, firstDate, start } from '../element-dates.ts';
import { joined } from '../joined.ts';
import { type Json, object, objects, text } from '../json.ts';
import { isUndoneInWords } from '../qualified-in-words.ts';
import type { ReadContext } from '../read-context.ts';
import type { ImagingRecord, Performed, ReportRecord } from '../records.ts';

const REPORT_FINAL = new Set(['final', 'amended', 'corrected', 'appended', 'completed', 'available']);
const NOT_DONE = new Set(['not-done', 'cancelled']);

const performed = (status: string | undefined): Performed =>
  status === undefined || REPORT_FINAL.has(status) ? 'done' : NOT_DONE.has(status) ? 'not-done' : 'unclear';

const RESULT_FINAL = new Set(['final', 'amended', 'corrected']);

/** What a final result Observation states: its coded value, or the finding that it affirms. */
function statedIn(ctx: ReadContext, o: Json): readonly Hit[] {
  const status = text(o['status']);
  if (status !== undefined && !RESULT_FINAL.has(status)) return [];
  return [
    ...ctx.concepts.hits(o['valueCodeableConcept']),
    ...(o['valueBoolean'] === true ? ctx.concepts.hits(o['code']) : []),
  ];
}

/** What a final result Observation of an examination found, normal or not. */
function resultOf(ctx: ReadContext, o: Json): readonly Hit[] {
  const status = text(o['status']);
  if (status !== undefined && !RESULT_FINAL.has(status)) return [];
  return [...statedIn(ctx, o), ...ctx.concepts.interpretation(o['interpretation']).hits];
}

/** Codes of ICD-10-CM for diseases, symptoms and injuries: whichever it is, something was found. */
const IS_DISEASE = /^icd10cm\|[A-Y]/;

/**
 * Does a conclusion say that something was found, in a code that no fact knows? One of SNOMED CT may as well say that nothing was.
 */
const findsSomething = (ctx: ReadContext, conclusion: unknown): boolean =>
  ctx.concepts.keys(conclusion).some((key) => IS_DISEASE.test(key));

/** Was it carried out? One whose own words say "cancelled" or the like leaves that open. */
function doneOf(r: Json): Performed {
  const done = performed(text(r['status']));
  return done === 'done' && isUndoneInWords(r['code']) ? 'unclear' : done;
}

/** What was found by an examination, and whether it was carried out. */
function resultsOf(ctx: ReadContext, r: Json): Pick<ImagingRecord, 'done' | 'findings' | 'hasResult' | 'said'> {
  const findings = [
    ...ctx.concepts.hits(r['conclusionCode']).filter((hit) => !ctx.concepts.isOfOthersOrLookedFor(hit)),
    ...ctx.concepts.hits(r['valueCodeableConcept']),
    ...ctx.concepts.interpretation(r['interpretation']).hits,
    ...ctx.links.results(r).flatMap((o) => resultOf(ctx, o)),
  ];
  const hasResult = findings.length > 0 || findsSomething(ctx, r['conclusionCode']);
  return { done: doneOf(r), findings, hasResult, said: ctx.concepts.inSentences(r['conclusion']) };
}

/** Why an examination was not done, in codes or words. */
function whyNotDone(ctx: ReadContext, r: Json): readonly Hit[] {
  const reason = r['statusReason'];
  if (reason === undefined || doneOf(r) !== 'not-done') return [];
  return [...ctx.concepts.hits(reason), ...ctx.concepts.inWords(reason)];
}

/**
 * One imaging examination, from a DiagnosticReport, a Procedure, an ImagingStudy or an Observation.
 * @param code what names the study, where that is the order on which it was done
 */
export function readImaging(
  ctx: ReadContext,
  r: Json,
  ref: string,
  study: Study | OpenStudy,
  when: Interval | undefined,
  code: unknown = r['code'],
): ImagingRecord {
  const site = ctx.concepts.site(r['bodySite']);
  return {
    type: 'imaging',
    ref,
    hits: ctx.concepts.hits(code),
    site,
    ...resultsOf(ctx, r),
    when,
    modality: study.modality,
    inWords: false,
    place: study.regions.length > 0 ? placeOf(study.regions) : site,
    inView: placeOf(study['in-view']),
    ...(isExact(study) && { study: study.code }),
    reported: r['resourceType'] === 'DiagnosticReport' || r['resourceType'] === 'Observation',
    whyNot: whyNotDone(ctx, r),
  };
}

/** An order of a study that was carried out, of which no more may be on file: perhaps there was an examination. */
export function readCompletedStudy(ctx: ReadContext, r: Json, ref: string): ImagingRecord | undefined {
  const study = r['status'] === 'completed' && r['doNotPerform'] !== true ? ctx.concepts.study(r['code']) : undefined;
  if (study === undefined) return undefined;
  const when = start(r, 'occurrence') ?? parseDate(r['authoredOn']);
  return { ...readImaging(ctx, r, ref, study, when), done: 'unclear' };
}

/** Examinations that a claim or the type of a document names, of which no more may be on file: perhaps there were such. */
export function readNamedStudies(ctx: ReadContext, r: Json, ref: string): readonly ImagingRecord[] {
  const perhaps = (code: unknown, when: Interval | undefined): readonly ImagingRecord[] => {
    const study = ctx.concepts.study(code);
    return study === undefined ? [] : [{ ...readImaging(ctx, { code }, ref, study, when), done: 'unclear' }];
  };
  if (r['resourceType'] === 'DocumentReference')
    return perhaps(r['type'], parseDate(object(object(r['context'])?.['period'])?.['start']) ?? parseDate(r['date']));
  // a request for authorization bills nothing that was done
  if (r['use'] !== 'claim') return [];
  const billed = daysOf(object(r['billablePeriod']));
  return objects(r['item']).flatMap((i) => perhaps(i['productOrService'], start(i, 'serviced') ?? billed));
}

/**
 * The report of an examination that its own code does not tell, but the order on which it was done does, or the images that it is
 * about. Words that name another part of the spine go before the order.
 */
function reportOfKnown(ctx: ReadContext, r: Json, ref: string, when: Interval | undefined): ImagingRecord | undefined {
  const ordered = ctx.links.orderedStudy(r);
  if (ordered !== undefined && !speaksOfAnother(ctx, r, ordered.study))
    return readImaging(ctx, r, ref, ordered.study, when, ordered.code);
  for (const images of ctx.links.imagingStudies(r)) {
    const seen = readImagingStudy(ctx, images, ref);
    if (seen !== undefined) return { ...seen, ...resultsOf(ctx, r), when: when ?? seen.when, reported: true };
  }
  return undefined;
}

/** What names the examination of a report: its code, or where that tells no place the order on which it was done. */
function namedBy(ctx: ReadContext, r: Json): unknown {
  const words = ctx.concepts.studyInWords(r['code']);
  if (words === undefined || (words !== 'wordless' && !words.placeless)) return r['code'];
  return ctx.links.orders(r).find((order) => order['code'] !== undefined)?.['code'] ?? r['code'];
}

/** Do the words of a report name other regions than those of a study? */
function speaksOfAnother(ctx: ReadContext, r: Json, study: Study | OpenStudy): boolean {
  const words = ctx.concepts.studyInWords(r['code']);
  if (words === undefined || words === 'wordless' || words.regions.length === 0) return false;
  return (placeOf(words.regions) & placeOf(study.regions)) === 0;
}

/** Reads a DiagnosticReport: imaging when its code names a study, else electrodiagnostics, laboratory and the like. */
export function readDiagnosticReport(ctx: ReadContext, r: Json, ref: string): ImagingRecord | ReportRecord | undefined {
  const study = ctx.concepts.study(r['code']);
  const when = start(r, 'effective') ?? parseDate(r['issued']);
  if (study !== undefined) return readImaging(ctx, r, ref, study, when);
  const own = ctx.concepts.hits(r['code']);
  const concluded = ctx.concepts.hits(r['conclusionCode']);
  if (own.length === 0) {
    const ofAnother = reportOfKnown(ctx, r, ref, when);
    if (ofAnother !== undefined) return ofAnother;
    const inWords = readImagingInWords(ctx, r, ref, namedBy(ctx, r), isImagingCategory(r['category']), when);
    if (inWords !== undefined) return inWords;
  }
  const hits = own.length > 0 ? own : ctx.links.orders(r).flatMap((order) => ctx.concepts.hits(order['code']));
  const findings =
    hits.length === 0
      ? concluded
      : joined(
          concluded,
          ctx.links.results(r).flatMap((o) => statedIn(ctx, o)),
        );
  if (hits.length === 0 && findings.length === 0) return undefined;
  const status = performed(text(r['status']));
  return {
    type: 'report',
    ref,
    hits,
    site: 0,
    final: status === 'done',
    cancelled: status === 'not-done',
    when,
    findings,
    conclusionPlace: placeOfHits(findings),
  };
}

/** DICOM modality codes of ImagingStudy by what the study catalogue calls them. */
const DICOM: Readonly<Record<string, string>> = {
  MR: 'mri',
  CT: 'ct',
  CR: 'xray',
  DX: 'xray',
  RG: 'xray',
  NM: 'nuclear',
  PT: 'pet',
  US: 'ultrasound',
};

/** An examination of which nothing is coded but that it took place. */
function bareExamination(
  r: Json,
  ref: string,
  when: Interval | undefined,
  known: Pick<ImagingRecord, 'site' | 'place' | 'modality' | 'inWords'>,
): ImagingRecord {
  return {
    type: 'imaging',
    ref,
    hits: [],
    site: known.site,
    done: doneOf(r),
    when,
    modality: known.modality,
    inWords: known.inWords,
    place: known.place,
    inView: 0,
    findings: [],
    said: [],
    reported: false,
    whyNot: [],
    hasResult: false,
  };
}

/** No study has more series in earnest. */
const MOST_SERIES = 1000;

/**
 * What images are of, as their procedure codes and descriptions have it in words; `elsewhere` when they name another part of the body.
 * Descriptions of series tell of scanning ("HEAD FIRST") as well as of places: they are believed where they name the spine.
 */
function imagesInWords(ctx: ReadContext, r: Json, series: readonly Json[]): StudyInWords | 'elsewhere' | undefined {
  const described = (d: Json): StudyInWords | 'elsewhere' | undefined =>
    ctx.concepts.studyInDescription(text(d['description']) ?? '');
  const named = objects(r['procedureCode']).map((code) => ctx.concepts.studyInWords(code) ?? 'elsewhere');
  const whole = [...named, described(r)];
  const ofSpine = (told: readonly (StudyInWords | string | undefined)[]): readonly StudyInWords[] =>
    told.filter((t) => typeof t === 'object').filter((t) => !t.placeless);
  const spine = ofSpine(whole);
  if (spine.length === 0 && whole.includes('elsewhere')) return 'elsewhere';
  const told = spine.length > 0 ? spine : ofSpine(series.map(described));
  return told.length > 0 ? together(told) : whole.find((t) => typeof t === 'object');
}

/** Several names of one examination: the regions of all, none where one leaves it open. */
function together(studies: readonly StudyInWords[]): StudyInWords {
  const modality = studies.find((s) => s.modality !== undefined)?.modality;
  const open = studies.some((s) => s.regions.length === 0);
  const regions = open ? [] : [...new Set(studies.flatMap((s) => s.regions))];
  return { regions, placeless: false, ...(modality !== undefined && { modality }) };
}

/** When images were made: when the study began, else the first of its series that says it. */
const imagedAt = (r: Json): Interval | undefined =>
  parseDate(r['started']) ?? firstDate(objects(r['series']).map((s) => s['started']));

/** Reads an ImagingStudy: by its procedure code, else by modality and the body site of its series, or what words name. */
export function readImagingStudy(ctx: ReadContext, r: Json, ref: string): ImagingRecord | undefined {
  const when = imagedAt(r);
  const own = ctx.concepts.study(r['procedureCode']);
  if (own !== undefined) return readImaging(ctx, r, ref, own, when, r['procedureCode']);
  const ordered = ctx.links.orderedStudy(r);
  if (ordered !== undefined) return readImaging(ctx, r, ref, ordered.study, when, ordered.code);
  const series = objects(r['series']);
  checkSize(series, MOST_SERIES);
  const codes = [...objects(r['modality']), ...series.map((s) => s['modality'])].flatMap(
    (m) => text((m as Json | undefined)?.['code']) ?? [],
  );
  const code = codes.find((c) => Object.hasOwn(DICOM, c));
  if (code === undefined && codes.length > 0) return undefined;
  const site = series.reduce((place, s) => place | ctx.concepts.site(s['bodySite']), 0);
  const words = site === 0 ? imagesInWords(ctx, r, series) : undefined;
  if (words === 'elsewhere') return undefined;
  return bareExamination(r, ref, when, {
    site,
    place: words === undefined ? site : placeOf(words.regions),
    modality: code === undefined ? words?.modality : DICOM[code],
    inWords: code === undefined || (words?.regions.length ?? 0) > 0,
  });
}

/**
 * Reads an examination of the spine that only words name, or that has no name at all although it is imaging for sure.
 * @param imaging the resource is imaging whatever its name
 * @returns undefined when it is no imaging, or of something else than the spine
 */
export function readImagingInWords(
  ctx: ReadContext,
  r: Json,
  ref: string,
  code: unknown,
  imaging: boolean,
  when: Interval | undefined,
): ImagingRecord | undefined {
  const words = ctx.concepts.studyInWords(code);
  const study = words === 'wordless' ? { regions: [] } : words;
  if (study === undefined || !(imaging || 'modality' in study)) return undefined;
  const site = ctx.concepts.site(r['bodySite']);
  const place = study.regions.length > 0 ? placeOf(study.regions) : site;
  return bareExamination(r, ref, when, {
    site,
    place,
    modality: 'modality' in study ? study.modality : undefined,
    inWords: true,
  });
}

/** Diagnostic service sections of imaging (v2-0074), the category of Observations, the LOINC part and SNOMED CT concept for radiology. */
const IMAGING_CATEGORIES = new Set([
  'RAD',
  'RX',
  'CT',
  'CUS',
  'NMR',
  'NMS',
  'OUS',
  'RUS',
  'VUS',
  'XRC',
  'LP29684-5',
  '363679005',
  'imaging',
  'Imaging',
]);

/** Does a category say that it is imaging? */
export const isImagingCategory = (category: unknown): boolean =>
  objects(category).some((c) => objects(c['coding']).some((k) => IMAGING_CATEGORIES.has(text(k['code']) ?? '')));

/** Is it an Observation of imaging that names an examination of the spine in words? The text of a report that has no report of its own. */
export const isExaminationInWords = (ctx: ReadContext, r: Json): boolean => {
  if (!isImagingCategory(r['category'])) return false;
  const words = ctx.concepts.studyInWords(r['code']);
  return words !== undefined && words !== 'wordless';
};
