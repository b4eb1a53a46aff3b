import { isObject } from '../chart/json.ts';
import type { KnownCodes } from '../terminology/known-codes.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import { CODE_WORDS } from './code-words.ts';
import type { VignettesInput } from './schema.ts';

type Path = readonly (string | number)[];

const CODE = /^([a-z]+) (\S+)$/;

/** Every text within a value, with the way to it. */
function textsIn(value: unknown, at: Path): readonly (readonly [string, Path])[] {
  if (typeof value === 'string') return [[value, at]];
  if (Array.isArray(value)) return value.flatMap((v, i) => textsIn(v, [...at, i]));
  return isObject(value) ? Object.entries(value).flatMap(([k, v]) => textsIn(v, [...at, k])) : [];
}

/**
 * The codes in a file of vignettes that have a wrong form or do not exist: a chart with such a code says nothing, and its vignette
 * tries something else than it seems to.
 * @returns one line each: file:line:column and what is wrong
 */
export function unknownCodes(file: LoadedFile<VignettesInput>, known: KnownCodes): readonly string[] {
  return file.data.vignettes.flatMap(({ id, order, chart, change }, i) =>
    textsIn({ order, chart, change }, ['vignettes', i]).flatMap(([text, at]) => {
      const [, word = '', code = ''] = CODE.exec(text) ?? [];
      const system = Object.hasOwn(CODE_WORDS, word) ? CODE_WORDS[word] : undefined;
      const problem = system === undefined ? undefined : known.problem(system, code);
      return problem === undefined ? [] : [`${file.locate(at)} ${id}: ${problem}`];
    }),
  );
}
