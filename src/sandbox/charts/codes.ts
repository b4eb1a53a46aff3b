import * as z from 'zod';
import type { Json } from '../../chart/json.ts';
import { SYSTEMS } from '../../terminology/systems.ts';

/** Code systems as the files of the sandbox name them. */
const URIS: Readonly<Record<string, string>> = {
  icd: SYSTEMS.icd10cm[0],
  snomed: SYSTEMS.snomed[0],
  cpt: SYSTEMS.cpt[0],
  loinc: SYSTEMS.loinc[0],
  rxnorm: SYSTEMS.rxnorm[0],
  nucc: SYSTEMS.nucc[0],
  cvx: 'http://hl7.org/fhir/sid/cvx',
};

/** A code with its system and our own words for it, e.g. "icd M54.50 Low back pain". */
export const Code = z
  .string()
  .regex(
    new RegExp(`^(${Object.keys(URIS).join('|')}) \\S+( \\S.*)?$`),
    'expected a system, a code and words for it, e.g. "icd M54.50 Low back pain"',
  );
export const Codes = z.union([Code, z.array(Code).min(1)]).transform((c) => (typeof c === 'string' ? [c] : c));

/** Which systems a chart codes in: those of the United States, or SNOMED CT alone as Synthea does. */
export type Coding = 'us' | 'snomed';
const ELSEWHERE: Readonly<Record<Coding, readonly string[]>> = { us: ['snomed'], snomed: ['icd', 'cpt'] };

/** Of codes given in several systems, those that a chart uses; all when it would have none. */
export function codesFor(coding: Coding, codes: readonly string[]): readonly string[] {
  const fit = codes.filter((c) => !ELSEWHERE[coding].includes(c.split(' ', 1)[0] ?? ''));
  return fit.length > 0 ? fit : codes;
}

/** A Coding. */
export function coding(code: string): Json {
  const [system = '', value = '', ...words] = code.split(' ');
  return {
    system: URIS[system],
    code: value,
    ...(words.length > 0 && { display: words.join(' ') }),
  };
}

/** A CodeableConcept; its text is the words of the first code. */
export function concept(codes: readonly string[]): Json {
  const codings = codes.map(coding);
  const display = codings[0]?.['display'];
  return { coding: codings, ...(display !== undefined && { text: display }) };
}

/** A CodeableConcept of one of HL7's own code systems. */
export const term = (system: string, code: string): Json => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
});
