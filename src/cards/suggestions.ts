import { randomUUID } from 'node:crypto';
import type { Suggestion } from '../cds-hooks/card.ts';
import type { Chart } from '../chart/chart.ts';
import { type Json, objects } from '../chart/json.ts';
import type { OpenOrder } from '../chart/records.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { AGAINST_CONTRAST, AGAINST_MRI } from '../criteria-check/program-facts.ts';
import type { FactInput } from '../facts/schema.ts';
import type { Missing } from '../policy/assessment.ts';
import type { FactQuery, Region } from '../policy/fact-source.ts';
import type { Study, StudyCatalog } from '../policy/studies.ts';
import { SYSTEMS } from '../terminology/systems.ts';
import { reasonsElsewhere } from './words.ts';

const CPT = SYSTEMS.cpt[0];
const MOST_NEXT_STEPS = 2;

/** The first of some facts that is on file, in words; undefined when none is. */
function onFile(
  facts: readonly string[],
  certainty: FactQuery['certainty'],
  { facts: known }: CheckedOrder,
): string | undefined {
  const found = facts.find(
    (fact) => known.fact({ fact, certainty, region: 'any', strictRegion: false }).truth === 'true',
  );
  return found === undefined ? undefined : (known.vocabulary.describe(found)?.label ?? found).replace(/ \(.*\)$/, '');
}

const usesMagnet = ({ modality }: Study): boolean => modality === 'mri' || modality === 'mra';
const usesContrast = (study: Study): boolean => study.contrast === 'with' || study.contrast === 'without-and-with';

/** The order with another study's code; everything else as it was received. */
function withStudy(resource: Json, study: Study, pamaRating: boolean): Readonly<Record<string, unknown>> {
  const copy = structuredClone(resource) as Record<string, unknown>;
  copy['code'] = { coding: [{ system: CPT, code: study.code, display: study.label }], text: study.label };
  if (!pamaRating) return copy;
  // The official CDS Hooks Sandbox applies an update only when the order carries this extension and a reasonCode.
  const extensions = objects(copy['extension']).filter((e) => e['url'] !== PAMA_RATING);
  copy['extension'] = [
    ...extensions,
    {
      url: PAMA_RATING,
      valueCodeableConcept: {
        coding: [{ system: 'http://fhir.org/argonaut/CodeSystem/pama-rating', code: 'no-criteria-apply' }],
      },
    },
  ];
  copy['reasonCode'] ??= [];
  return copy;
}

const PAMA_RATING = 'http://fhir.org/argonaut/Extension/pama-rating';

/** Is an order one of this very service? */
const names = ({ codes }: OpenOrder, system: string, code: string): boolean => codes.includes(`${system}|${code}`);

const MOST_ALTERNATIVES = 3;

/** Does the order leave open which study it is? */
const isOpen = ({ order }: CheckedOrder): boolean => order.open !== undefined;

/** Why a study that the policy names is not offered as a change of the order; undefined when nothing speaks against it. */
function againstStudy(study: Study, check: CheckedOrder): string | undefined {
  if (check.chart.openOrders.some((o) => names(o, 'cpt', study.code))) return 'it is on order already';
  // what the patient has elsewhere may be an indication, and is not what the order is about
  const ofOthers = !study.regions.some((region) => check.study.regions.includes(region));
  const concern = ofOthers ? reasonsElsewhere({ chart: check.chart, study }) : undefined;
  if (concern !== undefined) return `the reason of the order concerns ${concern}`;
  const against =
    (usesMagnet(study) ? onFile([AGAINST_MRI], 'known', check) : undefined) ??
    (usesContrast(study) && (isOpen(check) || !usesContrast(check.study))
      ? onFile(AGAINST_CONTRAST, 'suspected', check)
      : undefined);
  return against === undefined ? undefined : `${against} is documented`;
}

/** The first studies that the policy names instead, or for what the order leaves open, each with what speaks against offering it. */
const namedInstead = (
  check: CheckedOrder,
  studies: StudyCatalog,
): readonly { readonly study: Study; readonly against: string | undefined }[] =>
  check.assessment.outcome !== 'alternative' && !isOpen(check)
    ? []
    : check.assessment.alternatives
        .slice(0, MOST_ALTERNATIVES)
        .flatMap((code) => studies.get(code) ?? [])
        .map((study) => ({ study, against: againstStudy(study, check) }));

/** The studies that the policy names and that are not offered, in words, by the reason. */
export const notOfferedReasons = (
  check: CheckedOrder,
  studies: StudyCatalog,
): ReadonlyMap<string, readonly string[]> => {
  const out = new Map<string, string[]>();
  for (const { study, against } of namedInstead(check, studies))
    if (against !== undefined) out.set(against, [...(out.get(against) ?? []), study.label]);
  return out;
};

/** Suggestions to order the study that the policy names, unless it is on order, or adds contrast that the chart speaks against. */
export function alternativeSuggestions(
  check: CheckedOrder,
  studies: StudyCatalog,
  quirks: ReadonlySet<string>,
): readonly Suggestion[] {
  return namedInstead(check, studies).flatMap(({ study, against }): readonly Suggestion[] => {
    if (against !== undefined) return [];
    const label = `Order ${study.code}${isOpen(check) ? '' : ' instead'}: ${study.label}`;
    return [
      {
        label,
        uuid: randomUUID(),
        actions: [
          {
            type: 'update',
            description: isOpen(check)
              ? `Name the study of the order: ${study.code} (${study.label})`
              : `Change the order from ${check.study.code} to ${study.code} (${study.label})`,
            resource: withStudy(check.order.resource, study, quirks.has('pama-rating')),
          },
        ],
      },
    ];
  });
}

/** Is a service, or a study of the same kind and region, on order already? */
function isOnOrder(system: string, code: string, { openOrders }: Chart, studies: StudyCatalog): boolean {
  const study = system === 'cpt' ? studies.get(code) : undefined;
  const sameKind = (other: OpenOrder['study']): boolean =>
    study !== undefined &&
    other?.modality === study.modality &&
    study.regions.every((region) => other.regions.includes(region));
  return openOrders.some((o) => names(o, system, code) || sameKind(o.study));
}

type NextOrder = NonNullable<NonNullable<FactInput['order']>[Region | 'any']>;

/** The order that would be the next step to a missing fact. */
function nextOrder({ facts, region }: CheckedOrder, { fact, action }: Missing): NextOrder | undefined {
  const described = facts.vocabulary.facts.get(fact.replace(/\.(suspected|history)$/, ''));
  // what alone is lacking has a next step of its own
  if (described?.action === undefined || action !== described.action) return undefined;
  return described.order?.[region ?? 'any'] ?? described.order?.any;
}

/** Is the order on file already that would be the next step to a missing fact? */
export function isOrdered(check: CheckedOrder, missing: Missing, studies: StudyCatalog): boolean {
  const order = nextOrder(check, missing);
  if (order === undefined) return false;
  const isReferral = (reference: string): boolean =>
    reference.startsWith('ServiceRequest/') && reference !== check.order.ref;
  return (
    missing.leads.some((l) => isReferral(l.reference)) || isOnOrder(order.system, order.code, check.chart, studies)
  );
}

/**
 * May something be proposed as the next step of care? Not beside a red flag that must not wait, and not where the chart was not seen
 * whole: what is proposed may have been done.
 */
export const proposesSteps = ({ assessment, urgent }: CheckedOrder): boolean =>
  urgent.length === 0 && assessment.reason !== 'data-unavailable';

/** Useful next steps that a path needs and the chart lacks, as draft orders; none that is on order already. */
export function nextStepSuggestions(check: CheckedOrder, studies: StudyCatalog): readonly Suggestion[] {
  if (check.assessment.outcome !== 'undetermined' || !proposesSteps(check)) return [];
  const out = new Map<string, Suggestion>();
  for (const missing of check.assessment.missing) {
    const order = nextOrder(check, missing);
    if (order === undefined || out.has(order.code) || isOrdered(check, missing, studies)) continue;
    const { resource } = check.order;
    out.set(order.code, {
      // an action may be more than the order that is drafted
      label: `Draft order: ${order.label}`,
      uuid: randomUUID(),
      actions: [
        {
          type: 'create',
          description: `${order.label} (draft order)`,
          resource: {
            resourceType: 'ServiceRequest',
            status: 'draft',
            intent: 'proposal',
            code: {
              coding: [{ system: SYSTEMS[order.system][0], code: order.code, display: order.label }],
              text: order.label,
            },
            subject: resource['subject'],
            ...(resource['encounter'] !== undefined && { encounter: resource['encounter'] }),
            ...(resource['requester'] !== undefined && { requester: resource['requester'] }),
            ...(resource['reasonCode'] !== undefined && { reasonCode: resource['reasonCode'] }),
          },
        },
      ],
    });
    if (out.size >= MOST_NEXT_STEPS) break;
  }
  return [...out.values()];
}
