import { randomUUID } from 'node:crypto';
import type { Card, Coding, Link } from '../cds-hooks/card.ts';
import type { CheckedOrder, OrderCheck, UncheckedOrder } from '../criteria-check/check-order.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import { ASSESSMENT_EXTENSION, checkedExtension, uncheckedExtension } from './assessment-extension.ts';
import { checkedDetail, uncheckedDetail } from './detail.ts';
import { againstContrast, alternativeSuggestions, nextStepSuggestions } from './suggestions.ts';
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

function checkedCard(check: CheckedOrder, options: CardOptions, worksheet: readonly Link[]): Card {
  const warning =
    check.urgent.length > 0 || check.assessment.outcome === 'not-met' || check.assessment.outcome === 'alternative';
  const alternatives = alternativeSuggestions(check, options.studies, options.quirks);
  const suggestions = [...alternatives, ...nextStepSuggestions(check)];
  const { url } = check.policy.input;
  const text = { label: `${check.policy.input.title} (${check.policy.input.version})`, type: 'absolute' } as const;
  const links: readonly Link[] = [...worksheet, ...(url === undefined ? [] : [{ ...text, url }])];
  return {
    uuid: randomUUID(),
    summary: checkedSummary(check),
    detail: `${checkedDetail(check, options.studies)}${contrastNote(check, options, alternatives.length)}`,
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

/** Says why a study with contrast that the policy names is not offered as a change of the order. */
function contrastNote(check: CheckedOrder, options: CardOptions, offered: number): string {
  if (check.assessment.outcome !== 'alternative' || offered >= Math.min(check.assessment.alternatives.length, 3))
    return '';
  const reason = againstContrast(check);
  const named = check.assessment.alternatives.map((c) => options.studies.get(c)?.label ?? c).join(', ');
  return reason === undefined ? '' : `\n\nNot offered as a change of the order, as ${reason} is documented: ${named}.`;
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

/**
 * The card about one order. Its uuid is fresh; everything else follows from the check.
 * @param worksheet the link to the order's worksheet
 */
export function buildCard(check: OrderCheck, options: CardOptions, worksheet?: Link): Card {
  const links = worksheet === undefined ? [] : [worksheet];
  return check.kind === 'checked' ? checkedCard(check, options, links) : uncheckedCard(check, options, links);
}
