import { randomUUID } from 'node:crypto';
import type { Card, Coding, Link } from '../cds-hooks/card.ts';
import type { CheckedOrder, OrderCheck, UncheckedOrder } from '../criteria-check/order-check.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { ASSESSMENT_EXTENSION, checkedExtension, uncheckedExtension } from './assessment-extension.ts';
import { checkedDetail, uncheckedDetail } from './detail.ts';
import { alternativeSuggestions, nextStepSuggestions, notOfferedReasons } from './suggestions.ts';
import { checkedSummary, uncheckedSummary } from './summary.ts';

/** What cards need to know of the deployment and of the EHR that asks. */
export interface CardOptions {
  readonly sourceLabel: string;
  /** canonical base of our own code systems */
  readonly canonicalBase: string;
  readonly studies: StudyCatalog;
  readonly quirks: ReadonlySet<string>;
}

const TOPIC: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/cdshooks-card-type',
  code: 'guideline',
  display: 'Guideline',
};

const OVERRIDE_REASONS: readonly (readonly [code: string, display: string])[] = [
  ['documented-elsewhere', 'The missing facts are documented elsewhere (note, outside records)'],
  ['treated-elsewhere', 'The treatment was given elsewhere'],
  ['clinical-judgment', 'The study is needed by clinical judgment'],
  ['urgent', 'The situation is urgent'],
  ['already-authorized', 'The study is authorized already'],
  ['wrong-payer', 'The payer or plan is another one'],
  ['chart-wrong', 'The chart is wrong'],
];

/** The reasons for overriding a card, as codings of our own code system. */
export const overrideReasons = (canonicalBase: string): readonly Coding[] =>
  OVERRIDE_REASONS.map(([code, display]) => ({ system: `${canonicalBase}/CodeSystem/override-reason`, code, display }));

/** The source of our cards on the plain base: the deployment, never the payer. */
export const source = (options: CardOptions): Card['source'] => ({ label: options.sourceLabel, topic: TOPIC });

/** Where the policy can be read: as its criteria stand here, and at its publisher's. */
function policyLinks({ policy }: CheckedOrder, criteriaUrl: string | undefined): readonly Link[] {
  const { title, version, url } = policy.input;
  const named = title.endsWith(`(${version})`) ? title : `${title} (${version})`;
  const link = (label: string, address: string): Link => ({ label, url: address, type: 'absolute' });
  return [
    ...(criteriaUrl === undefined ? [] : [link(`Read the criteria: ${named}`, criteriaUrl)]),
    ...(url === undefined ? [] : [link(`${title}, at its publisher`, url)]),
  ];
}

function checkedCard(check: CheckedOrder, options: CardOptions, { worksheet, criteriaUrl }: CardLinks): Card {
  const warning =
    check.urgent.length > 0 || check.assessment.outcome === 'not-met' || check.assessment.outcome === 'alternative';
  const alternatives = alternativeSuggestions(check, options.studies, options.quirks);
  const suggestions = [...alternatives, ...nextStepSuggestions(check, options.studies)];
  const links = [...(worksheet === undefined ? [] : [worksheet]), ...policyLinks(check, criteriaUrl)];
  return {
    uuid: randomUUID(),
    summary: checkedSummary(check),
    detail: `${checkedDetail(check, options.studies)}${notOffered(check, options)}`,
    indicator: warning ? 'warning' : 'info',
    source: source(options),
    ...(suggestions.length > 0 && {
      suggestions,
      selectionBehavior: alternatives.length > 0 ? ('at-most-one' as const) : ('any' as const),
    }),
    overrideReasons: overrideReasons(options.canonicalBase),
    ...(links.length > 0 && { links }),
    extension: { [ASSESSMENT_EXTENSION]: checkedExtension(check, options.studies) },
  };
}

/** Says why studies that the policy names are not offered as a change of the order. */
function notOffered(check: CheckedOrder, { studies }: CardOptions): string {
  return [...notOfferedReasons(check, studies)]
    .map(([why, labels]) => `\n\nNot offered as a change of the order, as ${why}: ${labels.join(', ')}.`)
    .join('');
}

function uncheckedCard(check: UncheckedOrder, options: CardOptions, links: readonly Link[]): Card {
  return {
    uuid: randomUUID(),
    summary: uncheckedSummary(check),
    detail: uncheckedDetail(check),
    indicator: 'info',
    source: source(options),
    overrideReasons: overrideReasons(options.canonicalBase),
    ...(links.length > 0 && { links }),
    extension: { [ASSESSMENT_EXTENSION]: uncheckedExtension(check) },
  };
}

/** Where a card leads. */
export interface CardLinks {
  /** to the order's worksheet */
  readonly worksheet?: Link | undefined;
  /** the page on which the criteria of the policy can be read */
  readonly criteriaUrl?: string | undefined;
}

/** The card about one order. Its uuid is fresh; everything else follows from the check. */
export function buildCard(check: OrderCheck, options: CardOptions, links: CardLinks = {}): Card {
  if (check.kind === 'checked') return checkedCard(check, options, links);
  return uncheckedCard(check, options, links.worksheet === undefined ? [] : [links.worksheet]);
}
