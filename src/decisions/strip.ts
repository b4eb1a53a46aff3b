import { isObject } from '../chart/json.ts';

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
/** Members that matter by being there, not by what they say. */
const HUSHED = new Set(['valueString', 'abatementString', 'onsetString', 'conclusion']);
const KEPT_EXTENSIONS = /histology-morphology-behavior|bodySite|ext-billing-options/i;

/** No reader looks deeper. */
const DEEPEST = 100;

/** A resource without free text, names and identifiers: codes, dates, statuses, values and references stay. */
export function strip(value: unknown, deepest = DEEPEST): unknown {
  if (deepest === 0) return undefined;
  if (Array.isArray(value)) return value.map((v) => strip(v, deepest - 1));
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (HUSHED.has(key)) out[key] = 'redacted';
    else if (key === 'extension') out[key] = extensions(member, deepest - 1);
    else if (!DROPPED.has(key)) out[key] = strip(member, deepest - 1);
  }
  return out;
}

const extensions = (value: unknown, deepest: number): unknown =>
  Array.isArray(value)
    ? value.filter((e) => isObject(e) && KEPT_EXTENSIONS.test(String(e['url']))).map((e) => strip(e, deepest))
    : undefined;
