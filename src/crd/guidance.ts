import { unseen } from '../cards/detail.ts';
import { evidenceList, list, openLabel, shorten } from '../cards/words.ts';
import { asOfText } from '../criteria-check/check-order.ts';
import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { type Day, formatDay } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Study } from '../policy/studies.ts';
import type { CrdConfig, CrdPayer } from './crd-config.ts';
import { linesFor, type Member } from './crd-config.ts';
import type { CrdHook } from './crd-service.ts';

/** One statement about an order: what becomes one coverage-information extension. */
export interface Guidance {
  readonly covered: 'covered' | 'not-covered' | 'conditional' | 'indeterminate';
  readonly paNeeded?: 'auth-needed' | 'performpa' | 'no-auth' | 'conditional' | 'indeterminate';
  readonly docNeeded?: 'clinical' | 'indeterminate';
  readonly docPurpose?: 'withpa';
  readonly infoNeeded?: 'detail-code';
  /** CPT or HCPCS code that has to be billed for the statement to hold */
  readonly billingCode?: string;
  readonly reasons: readonly { readonly code?: 'technical' | 'no-active-coverage'; readonly text: string }[];
  readonly policyLink?: string;
  /** canonical of the form to fill, with its version */
  readonly questionnaire?: string;
  /** YYYY-MM-DD, never before the day on which it is said */
  readonly expires?: string;
}

/** What the statements about an order rest on. */
export interface GuidanceInput {
  readonly hook: CrdHook;
  /** the one study that is ordered, or those that the order may mean */
  readonly studies: readonly Study[];
  /** what the order leaves open */
  readonly open: ImagingOrder['open'];
  readonly member: Omit<Member, 'study'>;
  /** the day on which it is said */
  readonly today: Day;
  /** does the coverage hold on the date of service? */
  readonly inForce: boolean;
  readonly payer: CrdPayer;
  readonly config: CrdConfig;
  /** absent when no policy governs the order */
  readonly check: CheckedOrder | undefined;
  /** the check broke, or the chart could not be read */
  readonly technical?: string;
  readonly questionnaireOf: (check: CheckedOrder) => string;
}

const NOT_EVALUATED = 'Benefit: not evaluated by this service.';
const NOT_LISTED = 'Prior authorization: not evaluated by this service.';
const BY_LINE = 'depends on the line of business, which the coverage does not say.';
const NO_APPROVAL = 'This is not an approval.';
const REQUEST_IT = 'Prior authorization still has to be requested.';
const LONGEST_REASON = 600;

const reason = (text: string): Guidance['reasons'][number] => ({ text: shorten(text, LONGEST_REASON) });

/** What is told apart from the criteria: is it a benefit, and does it need prior authorization? */
interface Listed {
  readonly base: Guidance;
  readonly needsReview: boolean;
}

const same = <T>(values: readonly T[]): boolean => new Set(values).size === 1;

function listed(payer: CrdPayer, member: Member): Listed {
  const benefits = linesFor(payer.benefits, member);
  const [benefit] = benefits;
  const settled = same(benefits.map((b) => b?.covered));
  if (settled && benefit?.covered === 'not-covered')
    return {
      base: { covered: 'not-covered', billingCode: member.study, reasons: [reason(benefit.reason)] },
      needsReview: false,
    };
  const authorizations = linesFor(payer['prior-authorization'], member);
  const [authorization] = authorizations;
  const needs = authorizations.map((a) => a?.need ?? 'indeterminate');
  return {
    base: {
      covered: settled && benefit !== undefined ? 'covered' : 'indeterminate',
      paNeeded: same(needs) ? (needs[0] ?? 'indeterminate') : 'indeterminate',
      billingCode: member.study,
      reasons: [
        ...(settled ? (benefit === undefined ? [reason(NOT_EVALUATED)] : []) : [reason(`Benefit: ${BY_LINE}`)]),
        reason(
          !same(needs)
            ? `Prior authorization: ${BY_LINE}`
            : authorization === undefined
              ? NOT_LISTED
              : `Prior authorization: ${authorization.reason}`,
        ),
      ],
    },
    needsReview: needs.some((need) => need === 'auth-needed' || need === 'performpa'),
  };
}

/** Does the payer's own list say that a study is no benefit? */
export const isNoBenefit = ({ payer, member }: GuidanceInput, study: string): boolean =>
  linesFor(payer.benefits, { ...member, study }).every((line) => line?.covered === 'not-covered');

/** The same of an order that leaves its study open: what the lists say of one candidate is not said of the others. */
function listedOpen(each: readonly Listed[]): Listed & { readonly byCode: boolean } {
  const [first] = each;
  if (first === undefined) throw new RangeError('an order without a study');
  const { billingCode: _code, ...base } = first.base;
  const reasons = [...new Map(each.flatMap((l) => l.base.reasons).map((r) => [r.text, r])).values()];
  const same = <K extends 'covered' | 'paNeeded'>(key: K): boolean => each.every((l) => l.base[key] === base[key]);
  if (same('covered') && same('paNeeded'))
    return { base: { ...base, reasons }, needsReview: first.needsReview, byCode: false };
  return {
    base: {
      covered: same('covered') ? base.covered : 'conditional',
      paNeeded: 'conditional',
      infoNeeded: 'detail-code',
      reasons,
    },
    needsReview: true,
    byCode: true,
  };
}

const policyName = ({ policy }: CheckedOrder): string => `${policy.input.title} ${policy.input.version}`;

/** What the chart documents of the first satisfied criterion, in words. */
function documented(check: CheckedOrder): string {
  const [first] = check.assessment.satisfied;
  if (first === undefined) return '';
  const evidence = list([...evidenceList(first.evidence, check)], 4);
  return `${first.cite}${evidence === '' ? '' : ` (${evidence})`}`;
}

/**
 * The statements about one order, in the order in which a client reads them (CRD 2.2, "Coverage Information"; the mapping of
 * outcomes never says `satisfied`, and `not-covered` only where the payer's own list says so).
 */
export function guidance(input: GuidanceInput): readonly Guidance[] {
  const { technical, check, open } = input;
  if (!input.inForce) return [notInForce(input)];
  const each = input.studies.map((s) => listed(input.payer, { ...input.member, study: s.code }));
  const { base, needsReview, byCode } =
    open === undefined && each[0] !== undefined ? { ...each[0], byCode: false } : listedOpen(each);
  if (base.covered === 'not-covered') return [base];
  if (technical !== undefined) {
    const failure = { code: 'technical', text: `Criteria could not be evaluated: ${technical}` } as const;
    const clinical = input.hook === 'order-select' || !needsReview ? {} : { docNeeded: 'indeterminate' as const };
    return [{ ...base, ...clinical, reasons: [...base.reasons, failure] }];
  }
  if (check === undefined) return [byCode ? leftOpen(base, open) : base];
  const link = check.policy.input.url;
  const linked: Guidance = {
    ...base,
    ...(link !== undefined && { policyLink: link }),
    reasons: [...base.reasons, ...assumedLine(check)],
  };
  if (byCode) return [leftOpen(linked, open)];
  if (check.assessment.outcome === 'not-required') return [notRequired(linked, check)];
  return needsReview ? reviewed(input, linked, check) : [linked];
}

/** What was assumed is told (CRD 2.2, resp-51). */
const assumedLine = ({ payer, exemptIf }: CheckedOrder): Guidance['reasons'] =>
  payer.lineAssumed
    ? [
        reason(
          `Line of business: the coverage does not say; ${payer.lineOfBusiness} is assumed for the criteria.${exemptIf === undefined ? '' : ` ${exemptIf}`}`,
        ),
      ]
    : [];

/** The coverage that the EHR shows has ended, or not begun. What the payer knows of the member we do not know. */
const notInForce = ({ studies, open, member }: GuidanceInput): Guidance => ({
  covered: 'indeterminate',
  ...(open === undefined && studies[0] !== undefined && { billingCode: studies[0].code }),
  reasons: [
    {
      code: 'no-active-coverage',
      text: `The coverage on file does not hold on the date of service (${formatDay(member.serviceDate)}).`,
    },
  ],
});

const leftOpen = (base: Guidance, open: ImagingOrder['open']): Guidance =>
  and(base, `The order leaves the ${open ?? 'contrast'} of the study open; criteria and lists go by the code.`, {
    paNeeded: 'conditional',
    infoNeeded: 'detail-code',
  });

const and = (base: Guidance, text: string, more: Partial<Guidance> = {}): Guidance => ({
  ...base,
  ...more,
  reasons: [...base.reasons, reason(text)],
});

const notRequired = (base: Guidance, check: CheckedOrder): Guidance =>
  and(
    { ...base, paNeeded: 'no-auth', reasons: base.reasons.filter((r) => !r.text.startsWith('Prior authorization')) },
    `${policyName(check)}: no review is needed (${check.assessment.satisfied[0]?.label ?? 'exempt'}).`,
  );

function reviewed(input: GuidanceInput, base: Guidance, check: CheckedOrder): readonly Guidance[] {
  const { assessment } = check;
  const quiet = input.hook === 'order-select';
  const ask = (): Partial<Guidance> =>
    quiet
      ? {}
      : {
          docNeeded: 'clinical',
          docPurpose: 'withpa',
          ...(input.config.questionnaires && { questionnaire: input.questionnaireOf(check) }),
        };
  switch (assessment.outcome) {
    case 'met':
      return [met(input, base, check, ask)];
    case 'alternative':
      return [
        and(
          base,
          `For ${check.study.code}: the documented indication (${policyName(check)}, ${assessment.satisfied[0]?.cite ?? ''}) names ${assessment.alternatives.join(' or ')}.`,
        ),
        ...assessment.alternatives.slice(0, 3).map((code) => alternative(input, check, code)),
      ];
    case 'not-met':
      return [
        and(
          base,
          `A reviewer of the plan decides. ${policyName(check)}: ${list(
            assessment.contradicted.map((c) => `${c.cite}: ${c.why}${dates(check, c.evidence)}`),
            3,
          )}.`,
        ),
      ];
    default:
      return [undetermined(base, check, quiet, ask)];
  }
}

/**
 * The criteria hold for a request on the day of the order. Where they would not hold any more for one that is made today, what
 * is said today says so, and asks for newer documentation: a statement that has expired before it is made tells nothing
 * (CRD 2.2, expiry-date: "date after which the coverage assertion would no longer be valid").
 */
function met(
  { today, config }: GuidanceInput,
  base: Guidance,
  check: CheckedOrder,
  ask: () => Partial<Guidance>,
): Guidance {
  const { validUntil } = check.assessment;
  const request = base.paNeeded === 'indeterminate' ? NO_APPROVAL : `${NO_APPROVAL} ${REQUEST_IT}`;
  const content = `${policyName(check)}, ${documented(check)}.`;
  if (validUntil === undefined || validUntil >= today)
    return and(base, `${request} The chart documents ${content}`, {
      ...(validUntil !== undefined && { expires: formatDay(validUntil) }),
      ...(config.attach && ask()),
    });
  const documentation = ask();
  const until = `Documentation: this evidence meets the criteria for requests until ${formatDay(validUntil)}`;
  return and(
    and(base, `${request} On the day of the order (${asOfText(check.order)}) the chart documents ${content}`),
    `${until}${documentation.docNeeded === undefined ? '' : '; a later request needs newer documentation'}.`,
    documentation,
  );
}

const dates = (check: CheckedOrder, evidence: Parameters<typeof evidenceList>[0]): string => {
  const words = list([...evidenceList(evidence, check)], 2);
  return words === '' ? '' : ` (${words})`;
};

function alternative(input: GuidanceInput, check: CheckedOrder, code: string): Guidance {
  const { base } = listed(input.payer, { ...input.member, study: code });
  if (base.covered === 'not-covered') return base;
  return and(base, `For ${code}: ${NO_APPROVAL} The chart documents ${policyName(check)}, ${documented(check)}.`);
}

function undetermined(base: Guidance, check: CheckedOrder, quiet: boolean, ask: () => Partial<Guidance>): Guidance {
  const { assessment, order } = check;
  if (order.open !== undefined) return leftOpen(base, order.open);
  if (assessment.reason === 'data-unavailable') {
    const parts = unseen(check)
      .filter((s) => assessment.sections.includes(s.section))
      .map((s) => `${s.section} (${s.state})`);
    const failure = {
      code: 'technical',
      text: `Criteria could not be evaluated: not read whole: ${list(parts, 6) || 'the chart'}.`,
    } as const;
    return {
      ...base,
      ...(!quiet && { docNeeded: 'indeterminate' as const }),
      reasons: [...base.reasons, failure],
    };
  }
  if (quiet) return base;
  const asked = list(
    assessment.missing.map((m) => openLabel(m, m.label)),
    4,
  );
  const what =
    asked === ''
      ? `${policyName(check)}: no indication of the policy is documented, or a reviewer has to decide.`
      : `Documentation: not on file for ${policyName(check)}: ${asked}.`;
  return and(base, what, ask());
}
