import type { LocalCodes } from '../chart/code-meanings.ts';
import { codedElements } from '../chart/coded-elements.ts';
import { isObject, type Json, object, objects } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import type { SpineRelated } from '../terminology/spine-related.ts';
import { systemOf } from '../terminology/systems.ts';
import type { Checker } from './check-order.ts';

/** A code that no fact and no study understands. */
export interface UnknownCode {
  readonly system: string;
  readonly code: string;
  readonly display: string;
  /** elements that carry it, e.g. "Condition.code" */
  readonly where: readonly string[];
  readonly count: number;
  /** why it may speak of the spine */
  readonly spine?: string;
}

/** What the codes of some charts are to us. */
export interface CodesOfCharts {
  /** coded elements, and those of which at least one code is understood */
  readonly elements: number;
  readonly understood: number;
  /** codes of the others, the most frequent first */
  readonly unknown: readonly UnknownCode[];
}

/** The resources of a Bundle, of a list, or one resource. */
function resourcesOf(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return objects(value);
  const entries = objects(object(value)?.['entry']);
  if (entries.length > 0) return entries.flatMap((e) => (isObject(e['resource']) ? [e['resource']] : []));
  return isObject(value) ? [value] : [];
}

interface Count {
  readonly system: string;
  readonly code: string;
  display: string;
  readonly where: Set<string>;
  count: number;
  spine: string | undefined;
}

/**
 * Looks for codes that no fact and no study understands. An element is understood when one of its codings is.
 * @param charts FHIR Bundles, lists of resources or single resources
 * @param local what local codes of the EHR mean
 */
export function unknownCodes(
  charts: readonly unknown[],
  related: SpineRelated,
  { knowledge, canonical }: Checker,
  local?: LocalCodes,
): CodesOfCharts {
  const ctx = new ReadContext(knowledge.codes, knowledge.studies, local);
  const found = new Map<string, Count>();
  let elements = 0;
  let understood = 0;
  for (const resource of charts.flatMap(resourcesOf)) {
    for (const { path, element, codings, text } of codedElements(resource)) {
      elements++;
      const known =
        ctx.hits(element).length > 0 ||
        ctx.study(element) !== undefined ||
        codings.some((c) => c.system === canonical.factSystem);
      if (known) {
        understood++;
        continue;
      }
      for (const { system, code, display } of codings) {
        const key = `${system}|${code}`;
        const words = [display, text].filter((w) => w !== '').join('; ');
        const count = found.get(key) ?? { system, code, display: '', where: new Set(), count: 0, spine: undefined };
        count.count++;
        count.where.add(path);
        if (count.display === '') count.display = display === '' ? text : display;
        count.spine ??= related.why(systemOf(system), code, words);
        found.set(key, count);
      }
    }
  }
  const unknown = [...found.values()]
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
    .map(({ where, spine, ...rest }) => ({ ...rest, where: [...where].sort(), ...(spine !== undefined && { spine }) }));
  return { elements, understood, unknown };
}
