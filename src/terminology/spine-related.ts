import { join } from 'node:path';
import * as z from 'zod';
import { readYaml } from '../yaml/yaml-file.ts';
import { SYSTEM_NAMES, type System } from './systems.ts';
import { beginnings, WORDS } from './word-beginnings.ts';

/** `policies/spine-related.yaml`: by what a code may be seen to speak of the spine. */
const SpineRelatedFile = z.strictObject({
  words: WORDS.meta({ description: 'beginnings of words in the display or text of a code' }),
  'not-words': WORDS.default([]).meta({ description: 'what these words mean elsewhere in the body' }),
  families: z
    .partialRecord(z.enum(SYSTEM_NAMES as [System, ...System[]]), z.array(z.string().min(2)))
    .default({})
    .meta({ description: 'beginnings of codes' }),
});

/** Tells whether a code may speak of the spine, from its words and its family. It decides nothing. */
export class SpineRelated {
  readonly #words: RegExp;
  readonly #not: RegExp;
  readonly #families: Readonly<Partial<Record<System, readonly string[]>>>;

  constructor(file: z.infer<typeof SpineRelatedFile>) {
    this.#words = beginnings(file.words);
    this.#not = beginnings(file['not-words'], 'g');
    this.#families = file.families;
  }

  /**
   * Why a code may speak of the spine, in a word or the beginning of a code.
   * @param system undefined for a local code
   * @param text its display and the text beside it
   */
  why(system: System | undefined, code: string, text: string): string | undefined {
    const family = system === undefined ? undefined : this.#families[system]?.find((f) => code.startsWith(f));
    if (family !== undefined) return `code ${family}`;
    const word = this.#words.exec(text.replace(this.#not, ' '))?.[1];
    return word === undefined ? undefined : `word "${word.toLowerCase()}"`;
  }
}

/** Reads `spine-related.yaml` of a policies folder. @throws InvalidFileError */
export const loadSpineRelated = (folder: string): SpineRelated =>
  new SpineRelated(readYaml(join(folder, 'spine-related.yaml'), SpineRelatedFile).data);
