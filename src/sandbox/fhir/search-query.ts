import type { Json } from '../../chart/json.ts';
import { criterion, type SearchScope } from './comparison.ts';
import { FhirProblem, quoted } from './problem.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';

/** Pages of searches. */
export interface Paging {
  /** entries of a page when the client asks for no number */
  readonly usual: number;
  /** most entries of a page */
  readonly most: number;
}

const MOST_PARAMETERS = 40;
const MOST_CHARACTERS = 4096;
/** Parameters that change how the result is written, not what is found; what this server does not do it may leave out. */
const HARMLESS = new Set(['_format', '_pretty', '_elements', '_total', '_contained', '_containedType']);

/** A search as the client asked for it. */
export interface Query {
  readonly criteria: readonly ((r: Json) => boolean)[];
  /** the one patient whose resources are asked for */
  readonly patientId?: string;
  readonly sort: readonly { readonly parameter: SearchParameter; readonly sign: 1 | -1 }[];
  readonly include: readonly Join[];
  readonly revinclude: readonly Join[];
  readonly count: number;
  readonly offset: number;
  readonly countOnly: boolean;
}

/** "Type:parameter", with the type of the other side if it is given. */
interface Join {
  readonly type: string;
  readonly parameter: SearchParameter;
  readonly target?: string;
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new FhirProblem(400, 'value', `${quoted(name)} wants a whole number`);
  return Number(value);
}

/** One "Type:parameter" or several with commas between, as clients write them that merge repeated parameters. */
const joins = (name: string, value: string): readonly Join[] => value.split(',').map((one) => join(name, one));

function join(name: string, value: string): Join {
  const [type = '', parameterName = '', target] = value.split(':');
  const parameter = parametersOf(type)?.get(parameterName);
  if (parameter === undefined || parameter.type !== 'reference')
    throw new FhirProblem(400, 'not-supported', `${quoted(name)} does not know ${quoted(value)}`);
  return { type, parameter, ...(target !== undefined && { target }) };
}

/** "date", "-date"; "_sort:desc=date" is how older clients say it. */
function sortKeys(type: string, modifier: string | undefined, value: string): Query['sort'] {
  const known = parametersOf(type);
  return value
    .split(',')
    .filter((key) => key !== '')
    .map((key) => {
      const name = key.replace(/^-/, '');
      const parameter = known?.get(name);
      if (parameter === undefined) throw new FhirProblem(400, 'not-supported', `_sort does not know ${quoted(name)}`);
      return { parameter, sign: key.startsWith('-') || modifier === 'desc' ? -1 : 1 };
    });
}

const ID_OR_PATIENT = /^(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/;

/**
 * Reads the parameters of a search.
 * @throws FhirProblem (400) for a parameter, modifier or value that this server does not take; (404) for an unknown type
 */
export function readQuery(type: string, params: URLSearchParams, scope: SearchScope, paging: Paging): Query {
  const known = parametersOf(type);
  if (known === undefined)
    throw new FhirProblem(404, 'not-supported', `there is no resource type ${quoted(type)} here`);
  const criteria: ((r: Json) => boolean)[] = [];
  const sort: Query['sort'][number][] = [];
  const include: Join[] = [];
  const revinclude: Join[] = [];
  let patientId: string | undefined;
  let [count, offset, countOnly] = [paging.usual, 0, false];
  let seen = 0;
  for (const [key, value] of params) {
    if (++seen > MOST_PARAMETERS || value.length > MOST_CHARACTERS)
      throw new FhirProblem(400, 'too-long', 'the search is too long');
    const [name = '', modifier] = key.split(':', 2);
    if (HARMLESS.has(name)) continue;
    if (name === '_count') count = Math.min(wholeNumber(name, value), paging.most);
    else if (name === '_offset') offset = wholeNumber(name, value);
    else if (name === '_summary') countOnly = value === 'count';
    else if (name === '_sort') sort.push(...sortKeys(type, modifier, value));
    else if (name === '_include') include.push(...joins(name, value));
    else if (name === '_revinclude') revinclude.push(...joins(name, value));
    else {
      const parameter = known.get(name);
      if (parameter === undefined)
        throw new FhirProblem(400, 'not-supported', `${type} has no search parameter ${quoted(name)} here`);
      if (value === '') continue;
      criteria.push(criterion(name, parameter, modifier, value, scope));
      if (parameter.owner && modifier === undefined) patientId ??= onePatient(name, value);
    }
  }
  return {
    criteria,
    sort,
    include,
    revinclude,
    count,
    offset,
    countOnly,
    ...(patientId !== undefined && { patientId }),
  };
}

/** The patient that an owner's parameter names, where the index can be used. A bare id may be of another type. */
function onePatient(name: string, value: string): string | undefined {
  const id = ID_OR_PATIENT.exec(value)?.[1];
  return id !== undefined && (name !== 'subject' || value.startsWith('Patient/')) ? id : undefined;
}
