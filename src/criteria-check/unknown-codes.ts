import type { LocalCodes } from '../chart/code-meanings.ts';
import { codedElements } from '../chart/coded-elements.ts';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { ReadContext } from '../chart/read-context.ts';
import { unknownClass } from '../chart/readers/encounter.ts';
import type { SpineRelated } from '../terminology/spine-related.ts';
import { systemOf } from '../terminology/systems.ts';
import type { Checker } from './order-check.ts';

/** A code that no fact and no study understands. */
export interface UnknownCode {
  readonly system: string;
  readonly code: string;
  readonly display: string;
  /** elements that carry it, e.g. "Condition.code" */
  readonly where: readonly string[];
  readonly count: number;
  /** why it may speak of the spine, or that it is a class of visits of which nobody knows whether they are in person */
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
 * Looks for codes that no fact and no study understands, and for classes of visits that are the EHR's own. An element is understood when one of its codings is.
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
  const count = (
    coding: Pick<Count, 'system' | 'code' | 'display'>,
    where: string,
    spine: string | undefined,
  ): void => {
    const key = `${coding.system}|${coding.code}`;
    const known = found.get(key) ?? { ...coding, where: new Set(), count: 0, spine: undefined };
    known.count++;
    known.where.add(where);
    if (known.display === '') known.display = coding.display;
    known.spine ??= spine;
    found.set(key, known);
  };
  let elements = 0;
  let understood = 0;
  for (const resource of charts.flatMap(resourcesOf)) {
    for (const { path, element, codings, text: words } of codedElements(resource)) {
      elements++;
      const known =
        ctx.concepts.hits(element).length > 0 ||
        ctx.concepts.study(element) !== undefined ||
        codings.some((c) => c.system === canonical.factSystem);
      if (known) {
        understood++;
        continue;
      }
      for (const { system, code, display } of codings) {
        const all = [display, words].filter((w) => w !== '').join('; ');
        count(
          { system, code, display: display === '' ? words : display },
          path,
          related.why(systemOf(system), code, all),
        );
      }
    }
    const visit = unknownClass(ctx, resource);
    const [system, code, display] = [text(visit?.['system']), text(visit?.['code']), text(visit?.['display'])];
    if (code !== undefined)
      count({ system: system ?? '', code, display: display ?? '' }, 'Encounter.class', 'class of visits');
  }
  const unknown = [...found.values()]
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
    .map(({ where, spine, ...rest }) => ({ ...rest, where: [...where].sort(), ...(spine !== undefined && { spine }) }));
  return { elements, understood, unknown };
}
