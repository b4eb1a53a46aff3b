import { object, objects, text } from './json.ts';
import type { Verification } from './records.ts';

/** Clinical states that make an entry history. */
const PAST = ['inactive', 'remission', 'resolved'] as const;
const ACTIVE = ['active', 'recurrence', 'relapse'] as const;
const CLINICAL: ReadonlySet<string> = new Set([...PAST, ...ACTIVE]);
const SUSPECTED = ['provisional', 'differential', 'unconfirmed', 'presumed'] as const;
const VERIFICATION: ReadonlySet<string> = new Set([...SUSPECTED, 'confirmed', 'refuted', 'entered-in-error']);

/** Codes and words of other vocabularies that say the same: the SNOMED CT statuses of C-CDA documents, and what people write. */
const SAME_AS: ReadonlyMap<string, string> = new Map([
  ['55561003', 'active'],
  ['73425007', 'inactive'],
  ['413322009', 'resolved'],
  ['410605003', 'confirmed'],
  ['410516002', 'refuted'],
  ['ruled out', 'refuted'],
]);

/**
 * The one of the codes that FHIR defines; EHRs put codes of their own beside or before it. The words count where there is no
 * code, and so does a bare code as older servers send it.
 */
function defined(element: unknown, codes: ReadonlySet<string>): string | undefined {
  if (typeof element === 'string') return among(element, codes);
  const concept = object(element);
  if (concept === undefined) return undefined;
  let coded = false;
  for (const coding of objects(concept['coding'])) {
    const code = text(coding['code']);
    const found = among(code, codes);
    if (found !== undefined) return found;
    coded ||= code !== undefined;
  }
  return coded ? undefined : among(text(concept['text']), codes);
}

/** A code that is one of some lower-case codes. */
function among(code: string | undefined, codes: ReadonlySet<string>): string | undefined {
  if (code === undefined || codes.has(code)) return code;
  const lower = code.toLowerCase();
  const defined = SAME_AS.get(lower) ?? lower;
  return codes.has(defined) ? defined : undefined;
}

/** Does it state anything, in a code or in words? */
function states(element: unknown): boolean {
  if (typeof element === 'string') return true;
  const concept = object(element);
  return (
    text(concept?.['text']) !== undefined || objects(concept?.['coding']).some((c) => text(c['code']) !== undefined)
  );
}

/** The clinicalStatus of an entry, e.g. "active". */
export const clinicalStatus = (element: unknown): string | undefined => defined(element, CLINICAL);

/** Is it history, by its clinicalStatus? */
export const isPast = (clinical: string | undefined): boolean =>
  clinical !== undefined && (PAST as readonly string[]).includes(clinical);

/** Does its clinicalStatus say that it is active? */
export const isActive = (clinical: string | undefined): boolean =>
  clinical !== undefined && (ACTIVE as readonly string[]).includes(clinical);

/**
 * Confirmed entries and those without a verificationStatus are known; provisional, differential and unconfirmed ones are a
 * suspicion, and so are those whose status nobody but the EHR understands.
 */
export function verification(element: unknown): Verification {
  if (!states(element)) return 'confirmed';
  const status = defined(element, VERIFICATION);
  return status === 'confirmed' || status === 'refuted' ? status : 'suspected';
}

/** Is the entry void? */
export const isVoid = (element: unknown): boolean => defined(element, VERIFICATION) === 'entered-in-error';
