import { object, objects, text } from './json.ts';
import type { Verification } from './records.ts';

/** Clinical states that make an entry history. */
const PAST = ['inactive', 'remission', 'resolved'] as const;
const ACTIVE = ['active', 'recurrence', 'relapse'] as const;
const CLINICAL: ReadonlySet<string> = new Set([...PAST, ...ACTIVE]);
const SUSPECTED = ['provisional', 'differential', 'unconfirmed', 'presumed'] as const;
const VERIFICATION: ReadonlySet<string> = new Set([...SUSPECTED, 'confirmed', 'refuted', 'entered-in-error']);

/** The codes of a CodeableConcept, its words if it has none, or a bare code as older servers send it. */
function codesOf(element: unknown): readonly string[] {
  const bare = text(element);
  if (bare !== undefined) return [bare];
  const codes = objects(object(element)?.['coding']).flatMap((c) => text(c['code']) ?? []);
  const words = text(object(element)?.['text']);
  return codes.length === 0 && words !== undefined ? [words] : codes;
}

/** The one of the codes that FHIR defines; EHRs put codes of their own beside or before it. */
const defined = (element: unknown, codes: ReadonlySet<string>): string | undefined =>
  codesOf(element)
    .map((c) => c.toLowerCase())
    .find((c) => codes.has(c));

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
  if (codesOf(element).length === 0) return 'confirmed';
  const status = defined(element, VERIFICATION);
  return status === 'confirmed' || status === 'refuted' ? status : 'suspected';
}

/** Is the entry void? */
export const isVoid = (element: unknown): boolean => defined(element, VERIFICATION) === 'entered-in-error';
