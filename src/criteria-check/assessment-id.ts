import { hash } from 'node:crypto';
import { formatDay } from '../dates/day.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Assessment } from '../policy/assessment.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { Evidence } from '../policy/fact-source.ts';
import type { Study } from '../policy/studies.ts';

/** Namespace of our assessment ids (a random UUID, fixed for ever). */
const NAMESPACE = Buffer.from('5f1b0c6e8d0f4c0e9c7b2a1d3e4f5a6b', 'hex');

const policyHashes = new WeakMap<CompiledPolicy, string>();

/** SHA-256 of a policy's text. */
export function policyHash(policy: CompiledPolicy): string {
  const known = policyHashes.get(policy);
  if (known !== undefined) return known;
  const digest = hash('sha256', policy.text);
  policyHashes.set(policy, digest);
  return digest;
}

/** A UUIDv5 of a name in our namespace (RFC 9562, section 5.5). */
export function uuidV5(name: string): string {
  const hex = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]));
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}

/** The id of an assessment: the same order, policy text, facts and dates always give the same id. */
export function assessmentId(of: {
  readonly order: ImagingOrder;
  readonly study: Study;
  readonly payer: { readonly id: string; readonly lineOfBusiness: string; readonly assumed: boolean };
  readonly policy: CompiledPolicy;
  readonly assessment: Assessment;
}): string {
  const { order, study, payer, policy, assessment } = of;
  return uuidV5(
    [
      order.ref,
      study.code,
      payer.id,
      payer.lineOfBusiness,
      payer.assumed,
      policyHash(policy),
      formatDay(order.asOf.hi),
      formatDay(order.serviceDate),
      findings(assessment),
    ].join('\n'),
  );
}

/** What an assessment found, without the words of policy and vocabulary: codes, resources, days. */
function findings(a: Assessment): string {
  let text = `${a.outcome} ${a.reason} ${a.asDocumented} ${a.earliest} ${a.validUntil} ${a.blocked?.exclusion}`;
  text += `\n${a.alternatives.join()} ${a.sections.join()} ${a.silentScreens.join()}`;
  for (const s of a.satisfied) text += `\n+${s.criterion}${cited(s.evidence)}`;
  for (const c of a.contradicted) text += `\n-${c.criterion} ${c.why}${cited(c.evidence)}`;
  for (const p of a.paths) {
    text += `\n>${p.criterion} ${p.kind} ${p.from} ${p.startedNow} ${p.openUntil}`;
    for (const f of p.has) text += ` ${f.fact}`;
    for (const f of p.needs) text += ` ?${f.fact}`;
  }
  for (const m of a.missing) {
    text += `\n?${m.fact} ${m.gap} ${m.toDo} ${m.criteria.join()}`;
    for (const lead of m.leads) text += ` ${lead.reference}`;
    for (const f of m.instead ?? []) text += ` |${f.fact}`;
  }
  return text;
}

function cited(evidence: readonly Evidence[]): string {
  let text = '';
  for (const e of evidence) text += ` ${e.fact} ${e.basis} ${e.reference} ${e.date}`;
  return text;
}
