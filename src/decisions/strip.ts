import { isStandard, propertyWords, sentencesOf, wordsOf } from '../chart/concept-words.ts';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { numberInWords, soleWord } from '../chart/number-in-words.ts';
import { sayingWords } from '../chart/qualified-in-words.ts';
import { WORDS_OF_REASONS } from '../chart/reading-sets.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex } from '../terminology/code-index.ts';

/** What names are known by. */
export interface Catalogs {
  readonly studies: StudyCatalog;
  readonly codes: CodeIndex;
}

/** Members that no reader looks at and that may hold names, narratives or numbers of people. */
const DROPPED = new Set([
  'text',
  'note',
  'comment',
  'identifier',
  'name',
  'telecom',
  'address',
  'photo',
  'contact',
  'communication',
  'display',
  'description',
  'title',
  'presentedForm',
  'content',
  'attachment',
  'instantiates',
  'patientInstruction',
]);
/** Members whose strings are codes, references, units or ids. Any other string that is no date is somebody's words. */
const CODED = new Set([
  'resourceType',
  'id',
  'versionId',
  'reference',
  'type',
  'system',
  'code',
  'unit',
  'periodUnit',
  'comparator',
  'use',
  'url',
  'status',
  'intent',
  'priority',
  'category',
  'criticality',
  'clinicalStatus',
  'verificationStatus',
  'questionnaire',
  'linkId',
  'valueCode',
  'valueUri',
  'valueCanonical',
]);
/** What an order is placed for stands here, or in the code of a diagnosis that it refers to. */
const REASONS = new Set(['reasonCode', 'code']);
const DATE = /^\d{4}(-\d{2}(-\d{2}(T[\d:.Z+-]+)?)?)?$/;
/** What stands for words: that there were some can matter. */
const HUSHED = 'redacted';
const KEPT_EXTENSIONS = /histology-morphology-behavior|bodySite|ext-billing-options|condition-assertedDate/i;

/** No reader looks deeper. */
const DEEPEST = 100;

/** Statuses that servers write as text instead of a code (FHIR R4, condition-clinical and condition-ver-status). */
const STATUS =
  /^(active|recurrence|relapse|inactive|remission|resolved|unconfirmed|provisional|differential|confirmed|refuted|entered-in-error)$/i;

/**
 * A resource without free text, names and identifiers: codes, dates, statuses, values and references stay. Of what only words
 * name, the words that name an examination of the spine, an implant or a contrast agent stay, from our own lists, and of a conclusion
 * those that mean something.
 */
export const strip = (resource: unknown, named: Catalogs): unknown => stripped(resource, '', DEEPEST, named);

function stripped(value: unknown, member: string, deepest: number, named: Catalogs): unknown {
  if (deepest === 0) return undefined;
  if (typeof value === 'string') {
    if (member === 'conclusion') return conclusionKept(value, named);
    return CODED.has(member) || DATE.test(value) ? value : HUSHED;
  }
  if (Array.isArray(value)) return value.map((v) => stripped(v, member, deepest - 1, named));
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (key === 'extension') out[key] = extensions(inner, deepest - 1, named);
    else if (!DROPPED.has(key)) out[key] = stripped(inner, key, deepest - 1, named);
  }
  const words = wordsKept(value, member, named);
  if (words !== undefined) out['text'] = words;
  if (member === 'reasonReference') Object.assign(out, reasonWords(value, named));
  if (value['resourceType'] === 'Observation') Object.assign(out, observedNumbers(value, out));
  if (value['resourceType'] === 'ImagingStudy') Object.assign(out, imagesWords(value, out, named));
  if (value['resourceType'] === 'Device') Object.assign(out, deviceWords(value, deepest - 1, named));
  return out;
}

/** What stays of the words for a diagnosis that is referred to as a reason: the same as of a reason in words. */
function reasonWords(reference: Json, named: Catalogs): Json {
  const display = wordsKept({ text: reference['display'] }, 'reasonCode', named);
  return display === undefined ? {} : { display };
}

/** The values of an Observation and of its components that are a number in words. @param kept what stays of it otherwise */
function observedNumbers(observation: Json, kept: Json): Json {
  const ofPart = (part: Json, rest: Json): Json => {
    const [said, concept] = [text(part['valueString']), object(part['valueCodeableConcept'])];
    const called = soleWord(concept);
    return {
      ...(numberInWords(said) !== undefined && { valueString: said }),
      ...(numberInWords(called) !== undefined && {
        valueCodeableConcept: { ...object(rest['valueCodeableConcept']), text: called },
      }),
    };
  };
  const components = objects(kept['component']);
  return {
    ...ofPart(observation, kept),
    ...(components.length > 0 && {
      component: objects(observation['component']).map((part, i) => {
        const rest = components[i] ?? {};
        return { ...rest, ...ofPart(part, rest) };
      }),
    }),
  };
}

/**
 * What stays of the descriptions of images: the words that name an examination or a part of the body, from our own lists.
 * @param kept what stays of the images otherwise
 */
function imagesWords(images: Json, kept: Json, { studies }: Catalogs): Json {
  const described = (d: Json): Json => {
    const words = studies.namingWords(text(d['description']) ?? '');
    return words === '' ? {} : { description: words };
  };
  const series = objects(kept['series']);
  return {
    ...described(images),
    ...(series.length > 0 && { series: objects(images['series']).map((s, i) => ({ ...series[i], ...described(s) })) }),
  };
}

/** What stays of the names, notes and properties of a device: codes, and of the words those that mean something. */
function deviceWords(device: Json, deepest: number, named: Catalogs): Json {
  const kept = (words: unknown): readonly string[] => {
    const meaning = named.codes.namingWords(text(words) ?? '', WORDS_OF_REASONS);
    return meaning === '' ? [] : [meaning];
  };
  const names = objects(device['deviceName']).flatMap((n) => kept(n['name']).map((name) => ({ name })));
  const notes = objects(device['note']).flatMap((n) => kept(n['text']).map((words) => ({ text: words })));
  const properties = objects(device['property']).map((property) => {
    const { type, valueCode, ...rest } = stripped(property, 'property', deepest, named) as Json;
    const [words] = kept(propertyWords(property));
    const { text: _type, ...typeCodes } = object(type) ?? {};
    const codes = objects(valueCode).map(({ text: _value, ...coded }) => coded);
    return {
      ...rest,
      type: { ...typeCodes, text: words ?? HUSHED },
      ...(codes.length > 0 && { valueCode: codes }),
    };
  });
  return {
    ...(names.length > 0 && { deviceName: names }),
    ...(notes.length > 0 && { note: notes }),
    ...(properties.length > 0 && { property: properties }),
  };
}

/** Where the words of a concept are read even if a standard code stands beside them. */
const READ_IN_WORDS = new Set([
  'code',
  'procedureCode',
  'type',
  'serviceType',
  'substance',
  'manifestation',
  'statusReason',
  'reasonCode',
  'medicationCodeableConcept',
  'itemCodeableConcept',
  'route',
  'asNeededCodeableConcept',
  'dischargeDisposition',
]);

/**
 * What stays of the words of a concept: that they take a code back, doubt it or the like, in words of our own, and those that name an
 * examination of the spine, an implant, a contrast agent or the like; where no standard coding names it, that there were some.
 */
function wordsKept(concept: Json, member: string, named: Catalogs): string | undefined {
  // most objects are no concepts
  if (concept['coding'] === undefined && typeof concept['text'] !== 'string') return undefined;
  const words = wordsOf(concept);
  const [first] = words;
  if (first === undefined) return undefined;
  const standard = isStandard(concept);
  if (!standard && STATUS.test(first)) return first;
  const naming = standard && !READ_IN_WORDS.has(member) ? [] : namingKept(words, REASONS.has(member), named);
  const kept = [sayingWords(concept), ...naming].filter((w) => w !== undefined).join('; ');
  return kept !== '' ? kept : standard ? undefined : HUSHED;
}

/** Of some words those that name a thing, from our own lists. */
function namingKept(words: readonly string[], ofReason: boolean, { studies, codes }: Catalogs): readonly string[] {
  const named = words.map((w) => studies.namingWords(w));
  // words that name the spine go before those that name no place; other words are none of an examination of the spine
  const says = (w: string): boolean => studies.inWords(w) !== undefined || studies.isNameless(w);
  const study =
    named.find((w) => studies.inWords(w)?.placeless === false) ??
    (named.every(says) ? (named.find((w) => !studies.isNameless(w)) ?? named[0]) : undefined);
  const thingIn = (w: string): string => codes.namingWords(w, ofReason ? undefined : WORDS_OF_REASONS);
  const thing = words.map(thingIn).find((w) => w !== '');
  // what names the examination says it already, and is known by its whole name ("Imaging", "MRI")
  if (study !== undefined && thing === thingIn(study)) return [study];
  return [study, thing].filter((w) => w !== undefined);
}

/** What stays of the words of a conclusion: those that mean a set, from our own lists. */
function conclusionKept(words: string, { codes }: Catalogs): string {
  const kept = sentencesOf(words).map((sentence) => codes.namingWords(sentence, WORDS_OF_REASONS));
  return kept.filter((w) => w !== '').join('. ') || HUSHED;
}

/** Of extensions those that are read, with all that is nested in them; a lone one counts as a list of one, as for their readers. */
const extensions = (value: unknown, deepest: number, named: Catalogs): readonly Json[] =>
  objects(value)
    .filter((e) => KEPT_EXTENSIONS.test(String(e['url'])))
    .map((e) => keptExtension(e, deepest, named));

function keptExtension(extension: Json, deepest: number, named: Catalogs): Json {
  const { extension: nested, ...rest } = extension;
  const out = object(stripped(rest, 'extension', deepest, named)) ?? {};
  if (nested === undefined || deepest === 0) return out;
  return { ...out, extension: objects(nested).map((e) => keptExtension(e, deepest - 1, named)) };
}
