import { randomUUID } from 'node:crypto';
import { alternativeSuggestions } from '../cards/suggestions.ts';
import { shorten } from '../cards/words.ts';
import type { Card } from '../cds-hooks/card.ts';
import type { Json } from '../chart/json.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import type { StudyCatalog } from '../policy/studies.ts';

/** A card of payer mode: no assessment extension, the order that it is about instead. */
export type CrdCard = Omit<Card, 'extension'> & {
  readonly extension: { readonly 'davinci-crd.associated-resource': readonly [{ readonly reference: string }] };
};

const TOPIC = {
  system: 'http://terminology.hl7.org/CodeSystem/cdshooks-card-type',
  code: 'therapy-alternatives-req',
  display: 'Required alternative therapies',
} as const;

/**
 * Proposes the study that the policy names instead (CRD 2.2, "Propose Alternate Request": suggestions, no links).
 * @param label the insurer's name
 * @param order the order with its coverage-information, where that is wanted, so that a client that takes it loses nothing
 */
export function alternateCard(
  check: CheckedOrder,
  label: string,
  order: Json,
  studies: StudyCatalog,
): CrdCard | undefined {
  const offered = alternativeSuggestions({ ...check, order: { ...check.order, resource: order } }, studies, new Set());
  if (offered.length === 0) return undefined;
  const codes = check.assessment.alternatives.slice(0, 3);
  const cite = check.assessment.satisfied[0]?.cite ?? '';
  const { input } = check.policy;
  const policy = input.url === undefined ? input.title : `[${input.title}](${input.url})`;
  return {
    uuid: randomUUID(),
    summary: shorten(`${check.study.label}: the policy names ${codes.join(' or ')} (${cite}).`, 139),
    detail: [
      `Order of ${check.study.label} (${check.study.code}), ${check.order.ref}: ${policy}, version ${input.version}, ${cite}, names ${codes.map((c) => `${c} (${studies.get(c)?.label ?? 'study'})`).join(' or ')} for the documented indication.`,
      'To change it by hand, replace the code of the order. This is not an approval.',
    ].join('\n\n'),
    indicator: 'info',
    source: { label, topic: TOPIC },
    suggestions: offered,
    selectionBehavior: 'at-most-one',
    extension: { 'davinci-crd.associated-resource': [{ reference: check.order.ref }] },
  };
}
