import { isStandard, sentencesOf, wordsOf } from '../chart/concept-words.ts';
import { isObject, type Json } from '../chart/json.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex } from '../terminology/code-sets.ts';

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
  'comparator',
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
const DATE = /^\d{4}(-\d{2}(-\d{2}(T[\d:.Z+-]+)?)?)?$/;
/** What stands for words: that there were some can matter. */
const HUSHED = 'redacted';
const KEPT_EXTENSIONS = /histology-morphology-behavior|bodySite|ext-billing-options/i;

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
  return out;
}

/** Where the words of an examination, a device or a substance are read even if a standard code stands beside them. */
const READ_IN_WORDS = new Set(['code', 'procedureCode', 'type', 'substance']);

/**
 * What stays of the words of a concept: those that name an examination of the spine, an implant or a contrast agent; where no
 * standard coding names it, that there were some.
 */
function wordsKept(concept: Json, member: string, { studies, codes }: Catalogs): string | undefined {
  // most objects are no concepts
  if (concept['coding'] === undefined && typeof concept['text'] !== 'string') return undefined;
  const standard = isStandard(concept);
  if (standard && !READ_IN_WORDS.has(member)) return undefined;
  const words = wordsOf(concept);
  if (words.length === 0) return undefined;
  const [first = ''] = words;
  if (!standard && STATUS.test(first)) return first;
  // the first words that name an examination decide what is named
  const naming = words.map((w) => studies.namingWords(w)).find((w) => studies.inWords(w) !== undefined);
  const thing = words.map((w) => codes.namingWords(w)).find((w) => w !== '');
  const kept = [naming, thing].filter((w) => w !== undefined).join(' and ');
  return kept !== '' ? kept : standard ? undefined : HUSHED;
}

/** What stays of the words of a conclusion: those that mean a set, from our own lists. */
function conclusionKept(words: string, { codes }: Catalogs): string {
  const kept = sentencesOf(words).map((sentence) => codes.namingWords(sentence));
  return kept.filter((w) => w !== '').join('. ') || HUSHED;
}

const extensions = (value: unknown, deepest: number, named: Catalogs): unknown =>
  Array.isArray(value)
    ? value
        .filter((e) => isObject(e) && KEPT_EXTENSIONS.test(String(e['url'])))
        .map((e) => stripped(e, 'extension', deepest, named))
    : undefined;
