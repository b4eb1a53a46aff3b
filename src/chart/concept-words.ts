import { systemOf } from '../terminology/systems.ts';
import { type Json, object, objects, text } from './json.ts';

/** What a CodeableConcept says in words: its text, then the displays of its codings. */
export const wordsOf = (concept: Json | undefined): readonly string[] =>
  [concept?.['text'], ...objects(concept?.['coding']).map((c) => c['display'])].flatMap((w) => text(w) ?? []);

/** The words of a property of a device, those of its value with those of what it is about: "MRI safety" and "unsafe". */
export const propertyWords = (property: Json): string =>
  [property['type'], ...objects(property['valueCode'])].flatMap((c) => wordsOf(object(c))).join(' ');

/** Conclusions are short; what comes later in a long text is not read. */
const LONGEST_TEXT = 4000;

/** The sentences of a text. */
export const sentencesOf = (words: string | undefined): readonly string[] =>
  words === undefined ? [] : words.slice(0, LONGEST_TEXT).split(/[.;!?\n\r]+/);

/** Does a concept name something by a coding of a standard system, whether a fact knows it or not? */
export const isStandard = (concept: Json | undefined): boolean =>
  objects(concept?.['coding']).some((c) => systemOf(text(c['system']) ?? '') !== undefined);
