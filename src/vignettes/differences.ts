import type { CheckedOrder } from '../criteria-check/order-check.ts';
import { type Day, formatDay } from '../dates/day.ts';
import type { Assessment } from '../policy/assessment.ts';
import type { Vignette } from './expand.ts';

type Expected = Vignette['expect'];

/** What differs from the expectation, in words; empty when all is as expected. */
export function differences({ expect, policy }: Vignette, check: CheckedOrder | undefined): readonly string[] {
  if (check === undefined) return expect.outcome === 'not-governed' ? [] : ['no policy governs this order'];
  const { assessment } = check;
  return [
    ...(check.policy.id === policy ? [] : [`policy ${check.policy.id}`]),
    ...ofOutcome(expect, assessment),
    ...ofCriteria(expect, assessment),
    ...ofQuestions(expect, assessment),
    ...(expect.urgent === undefined || expect.urgent === check.urgent.length > 0
      ? []
      : [expect.urgent ? 'not urgent' : 'urgent']),
    ...ofDay('met by time alone from', expect.earliest, assessment.earliest, 'never'),
    ...ofDay('valid until', expect['valid-until'], assessment.validUntil, 'ever'),
  ];
}

function ofOutcome(expect: Expected, { outcome, reason, alternatives }: Assessment): readonly string[] {
  const out: string[] = [];
  if (outcome !== expect.outcome)
    out.push(`outcome ${outcome}${reason === undefined ? '' : ` (${reason})`}, expected ${expect.outcome}`);
  if (expect.reason !== undefined && reason !== expect.reason)
    out.push(`reason ${reason ?? 'none'}, expected ${expect.reason}`);
  if (expect.alternative !== undefined && !expect.alternative.some((a) => alternatives.includes(a)))
    out.push(`alternatives ${alternatives.join(', ') || 'none'}, expected one of ${expect.alternative.join(', ')}`);
  return out;
}

function ofCriteria({ criteria = [], unmet = [] }: Expected, assessment: Assessment): readonly string[] {
  const satisfied = assessment.satisfied.map((s) => s.criterion);
  const list = satisfied.join(', ') || 'none';
  return [
    ...criteria
      .filter((c) => !satisfied.includes(c))
      .map((c) => `criterion ${c} is not satisfied (satisfied: ${list})`),
    ...unmet.filter((c) => satisfied.includes(c)).map((c) => `criterion ${c} is satisfied`),
  ];
}

function ofQuestions({ asks = [], 'not-asks': notAsks = [] }: Expected, { missing }: Assessment): readonly string[] {
  const asked = missing.map((m) => m.fact);
  const list = asked.join(', ') || 'nothing';
  return [
    ...asks.filter((f) => !asked.includes(f)).map((f) => `does not ask ${f} (asks: ${list})`),
    ...notAsks.filter((f) => asked.includes(f)).map((f) => `asks ${f}, which must not be asked`),
  ];
}

function ofDay(what: string, expected: string | undefined, day: Day | undefined, without: string): readonly string[] {
  const found = day === undefined ? without : formatDay(day);
  return expected === undefined || expected === found ? [] : [`${what} ${found}, expected ${expected}`];
}
