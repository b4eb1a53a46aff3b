import { PatientScope } from '../chart/references.ts';
import { chooseCoverage } from '../coverage/coverage.ts';
import type { LineOfBusiness, PayerInput } from '../coverage/payers.ts';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { Checker, PatientData } from '../criteria-check/order-check.ts';
import { whyUngoverned } from '../criteria-check/ungoverned.ts';
import { formatDay } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import { NOT_ON_FILE, spanOf } from './text-span.ts';

/** An order for which there was no check, with what was known of its coverage. */
interface Ungoverned {
  readonly order: ImagingOrder;
  readonly data: PatientData;
}

interface Member {
  readonly payer: PayerInput;
  readonly lineOfBusiness: LineOfBusiness | undefined;
  readonly plans: readonly string[];
}

/** Why one route of a payer does not lead to a text. */
function routeText(
  route: PayerInput['policies'][number],
  { lineOfBusiness, plans }: Member,
  order: ImagingOrder,
  { policies }: Knowledge,
): string {
  const codes = order.studies.map((s) => s.code);
  const lines = route['line-of-business'];
  const texts = policies.policies.filter((p) => p.id === route.policy);
  const governed = [...new Set(texts.flatMap((p) => [...p.governs]))];
  const inForce = policies.inForce(route.policy, order.serviceDate);
  const why = [
    ...(lines === undefined || (lineOfBusiness !== undefined && lines.includes(lineOfBusiness))
      ? []
      : [`for ${lines.join(', ')} plans`]),
    ...(route.plans === undefined
      ? []
      : [`for the plans ${route.plans.join(', ')} (this one: ${plans.join(', ') || 'not named'})`]),
    ...(route.studies === undefined || codes.some((c) => route.studies?.includes(c))
      ? []
      : [`for the studies ${route.studies.join(', ')}`]),
    ...(route.from === undefined && route.until === undefined
      ? []
      : [
          `used${route.from === undefined ? '' : ` from ${route.from}`}${route.until === undefined ? '' : ` until ${route.until}`}`,
        ]),
    ...(inForce === undefined ? [`its texts: ${texts.map(spanOf).join('; ')}`] : []),
    ...(codes.some((c) => governed.includes(c)) ? [] : [`governs ${governed.sort().join(', ')}`]),
  ];
  return `  ${route.policy}: ${why.length === 0 ? NOT_ON_FILE : why.join('; ')}`;
}

/** The payers that the order may belong to. */
function members({ order, data }: Ungoverned, { payers }: Knowledge): readonly Member[] {
  const choice = chooseCoverage(
    data.coverages,
    order.resource,
    order.serviceDate,
    new PatientScope(data.patientId, data.base),
  );
  if (choice.kind === 'none') {
    const payer = payers.get(data.defaultPayer?.payer ?? '');
    return payer === undefined ? [] : [{ payer, lineOfBusiness: data.defaultPayer?.lineOfBusiness, plans: [] }];
  }
  return (choice.kind === 'one' ? [choice.coverage] : choice.coverages).flatMap((c) => {
    const payer = payers.find(c.payer);
    return payer === undefined ? [] : [{ payer, lineOfBusiness: c.lineOfBusiness ?? 'commercial', plans: c.plans }];
  });
}

/** Says of an order that no text governs why that is, and what would have governed it. */
export function ungovernedAsText(ungoverned: Ungoverned, checker: Checker): readonly string[] {
  const { order, data } = ungoverned;
  const { knowledge } = checker;
  const studies = order.studies.map((s) => `${s.label} (${s.code})`).join(' or ');
  const head = `No policy governs ${studies} on ${formatDay(order.serviceDate)}`;
  const known = knowledge.payers.payers.map((p) => p.id).join(', ');
  switch (whyUngoverned(order, data, checker)) {
    case 'no-coverage':
      return [`${head}: the chart holds no Coverage, and no --payer is given (${known}).`];
    case 'unknown-payer': {
      const names = data.coverages.flatMap((c) => c.payer.names.slice(0, 1)).map((n) => `"${n}"`);
      return [
        `${head}: the payer of the Coverage${names.length === 0 ? ', which has no name,' : `, ${names.join(', ')},`} is not in policies/payers.yaml (${known}).`,
      ];
    }
    case 'no-policy':
      return members(ungoverned, knowledge).flatMap((member) => [
        `${head} for ${member.payer.name}, ${member.lineOfBusiness ?? 'line of business not known'}. What it uses:`,
        ...member.payer.policies.map((route) => routeText(route, member, order, knowledge)),
      ]);
  }
}
