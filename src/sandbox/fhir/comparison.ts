import { isObject, object, objects, text } from '../../chart/json.ts';
import { parseReference } from '../../chart/references.ts';
import { FhirProblem, quoted } from './problem.ts';
import type { SearchParameter } from './search-parameters.ts';
import { date } from './time-span.ts';

/** Does a value of a resource fit? */
type Fits = (value: unknown) => boolean;

/** What comparing needs to know of the search beside name and value. */
export interface SearchScope {
  /** the base of this server, under which absolute references are local */
  readonly base: string;
  readonly now: number;
}

/** Splits at an unescaped separator and takes away the escapes of FHIR search ("\,", "\|", "\$", "\\"). */
function splitEscaped(value: string, separator: ',' | '|'): readonly string[] {
  const out = [''];
  for (let i = 0; i < value.length; i++) {
    const c = value[i] ?? '';
    if (c === '\\' && i + 1 < value.length) {
      const next = value[++i] ?? '';
      // what belongs to an inner separator keeps its escape until that one is split
      out[out.length - 1] += next === separator || separator === '|' ? next : `\\${next}`;
    } else if (c === separator) out.push('');
    else out[out.length - 1] += c;
  }
  return out;
}

const unescaped = (value: string): string => value.replace(/\\([\s\S])/g, '$1');

interface Code {
  readonly system?: string;
  readonly code: string;
}

/** The codes of a primitive, Coding, CodeableConcept, Identifier or ContactPoint. */
function codesOf(value: unknown): readonly Code[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  if (!isObject(value)) return [];
  const codings = Array.isArray(value['coding']) ? objects(value['coding']) : [value];
  return codings.flatMap((c) => {
    const code = text(c['code']) ?? text(c['value']);
    const system = text(c['system']);
    return code === undefined ? [] : [{ code, ...(system !== undefined && { system }) }];
  });
}

/** "code", "system|code", "|code" (without a system) and "system|" (any code of it). */
function token(wanted: string): Fits {
  const [first = '', second] = splitEscaped(wanted, '|');
  if (second === undefined) return (v) => codesOf(v).some((c) => c.code === first);
  const system = first === '' ? undefined : first;
  return (v) => codesOf(v).some((c) => c.system === system && (second === '' || c.code === second));
}

const plain = (words: string): string => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

function string(wanted: string, modifier: string | undefined): Fits {
  const raw = unescaped(wanted);
  if (modifier === 'exact') return (v) => v === raw;
  const words = plain(raw);
  return modifier === 'contains'
    ? (v) => typeof v === 'string' && plain(v).includes(words)
    : (v) => typeof v === 'string' && plain(v).startsWith(words);
}

const uri = (wanted: string): Fits => {
  const value = unescaped(wanted);
  // a canonical without a version means any version of it
  return (v) => v === value || (typeof v === 'string' && !value.includes('|') && v.split('|')[0] === value);
};

/** "id", "Type/id" or an absolute URL; what the resource says may be any of these too. */
function reference(wanted: string, target: string | undefined, scope: SearchScope): Fits {
  const local = wanted.startsWith(`${scope.base}/`) ? wanted.slice(scope.base.length + 1) : wanted;
  const [first = '', second] = local.split('/');
  const asked = second === undefined ? { id: first, type: target } : parseReference(local);
  return (v) => {
    const value = text(object(v)?.['reference']) ?? text(v);
    const found = parseReference(value);
    if (asked === undefined || found === undefined) return value !== undefined && value === wanted;
    const base = 'base' in asked ? asked.base : undefined;
    const foundBase = found.base === scope.base ? undefined : found.base;
    return (
      found.id === asked.id &&
      base === foundBase &&
      (asked.type === undefined || asked.type === found.type) &&
      (target === undefined || target === found.type)
    );
  };
}

const MODIFIERS: Readonly<Record<SearchParameter['type'], readonly string[]>> = {
  token: ['not'],
  reference: [],
  date: [],
  string: ['exact', 'contains'],
  uri: [],
};

/**
 * One criterion of a search: a parameter with a modifier and a comma-separated list of values of which one must fit.
 * @throws FhirProblem (400) for a modifier or a value that the parameter does not take
 */
export function criterion(
  name: string,
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
  scope: SearchScope,
): (resource: Readonly<Record<string, unknown>>) => boolean {
  if (modifier === 'missing') {
    if (value !== 'true' && value !== 'false')
      throw new FhirProblem(400, 'value', `${quoted(name)}:missing wants "true" or "false"`);
    return (r) => (parameter.values(r).length === 0) === (value === 'true');
  }
  const typed = parameter.type === 'reference' && modifier !== undefined && /^[A-Z][A-Za-z]+$/.test(modifier);
  if (modifier !== undefined && !typed && !MODIFIERS[parameter.type].includes(modifier))
    throw new FhirProblem(400, 'not-supported', `${quoted(name)} does not take the modifier ${quoted(modifier)}`);
  const target = typed ? modifier : parameter.target;
  const fits = splitEscaped(value, ',').map((wanted): Fits => {
    const { type } = parameter;
    if (type === 'token') return token(wanted);
    if (type === 'string') return string(wanted, modifier);
    if (type === 'uri') return uri(wanted);
    return type === 'date' ? date(name, wanted, scope.now) : reference(wanted, target, scope);
  });
  const any = (r: Readonly<Record<string, unknown>>): boolean =>
    parameter.values(r).some((v) => fits.some((f) => f(v)));
  return modifier === 'not' ? (r): boolean => !any(r) : any;
}
