import { type Json, text } from '../chart/json.ts';
import type { Section } from '../chart/sections.ts';
import { checkGathered } from '../criteria-check/answer-orders.ts';
import { gather } from '../criteria-check/gather.ts';
import type { CheckedOrder, Checker, OrderCheck } from '../criteria-check/order-check.ts';
import type { OrdersToCheck } from '../criteria-check/orders-to-check.ts';
import type { Calendar, Interval } from '../dates/day.ts';
import {
  type AnswersContext,
  answersIdentifier,
  answersIn,
  type GivenAnswer,
  isEarlier,
  responseOf,
} from '../documentation/answers.ts';
import { type Form, formOf } from '../documentation/questionnaire.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import { REGIONS, type Region } from '../policy/fact-source.ts';
import type { Launched } from '../smart/launched.ts';
import { type AskedRegion, askedRegion, type Entry, type Read, readEntry, regionOf } from './form.ts';
import type { HeldChart } from './held-charts.ts';

/** What assessing a launch's order needs beside the launch: loaded once. */
export interface Assessing {
  readonly checker: Checker;
  readonly calendar: Calendar;
  readonly sections: ReadonlySet<Section>;
}

/** The answers to one form: what is on file, and what the page adds to it. */
export interface FormAnswers {
  readonly form: Form;
  /** the response on file, or the one saved from this launch */
  readonly earlier?: Json;
  readonly onFile: readonly GivenAnswer[];
  /** with the page's answers; absent when the page has none for this form */
  readonly response?: Json;
}

/** One order as it was assessed with the page's answers. */
export interface Assessed {
  /** undefined: no policy governs it; "failed": the check broke */
  readonly check: OrderCheck | 'failed' | undefined;
  /** the one that the page is about, when the coverage is known or was chosen */
  readonly checked: CheckedOrder | undefined;
  readonly forms: readonly FormAnswers[];
  readonly entries: readonly (Entry & { readonly read: Read })[];
}

/** Today: the order of a card keeps its own date, one without a date is dated by the present, as the next hook call dates it. */
function todayOf(calendar: Calendar): Interval {
  const at = Date.now();
  const day = calendar(at);
  return { lo: day, hi: day, at };
}

/** What a hook call about the launch's order would bring. */
function requestOf(launched: Launched, fhir: FhirAccess | undefined, assessing: Assessing): OrdersToCheck | undefined {
  const { order: context, patientId, fhirUser, base, ehr } = launched;
  if (context === undefined) return undefined;
  return {
    patientId,
    userId: fhirUser,
    orders: [context.order],
    drafts: [context.order, ...context.drafts],
    prefetch: undefined,
    base,
    fhir,
    ehr,
    today: todayOf(assessing.calendar),
    sections: assessing.sections,
  };
}

/** Reads the chart of a launch. @returns undefined when required data cannot be had */
export async function readChart(
  launched: Launched,
  fhir: FhirAccess,
  assessing: Assessing,
): Promise<HeldChart | undefined> {
  const request = requestOf(launched, fhir, assessing);
  if (request === undefined) return undefined;
  const gathered = await gather(request, assessing.checker);
  return gathered.kind === 'gathered'
    ? { data: gathered.data, saved: [], readAt: Date.now(), bytes: fhir.bytes }
    : undefined;
}

/** The answers that count beside the chart: saved ones that a search does not find yet. */
function savedBeside(chart: HeldChart): readonly Json[] {
  const section = chart.data.sections.get('QuestionnaireResponse');
  const charted = new Set((section?.resources ?? []).map((r) => text((r as Json)['id'])));
  return chart.saved.filter((s) => !charted.has(text(s['id'])));
}

const isOnFile = (reference: string, chart: HeldChart): boolean =>
  (chart.data.sections.get('ServiceRequest')?.resources ?? []).some(
    (r) => `ServiceRequest/${text((r as Json)['id'])}` === reference,
  );

/** Does a clinician use the app, whose statements count? */
export const isClinician = ({ fhirUser }: Pick<Launched, 'fhirUser'>): boolean =>
  fhirUser !== undefined && /^(Practitioner|PractitionerRole)\//.test(fhirUser);

/** Whose answers they are, for which order. */
function answersContext(launched: Launched, checked: CheckedOrder, chart: HeldChart, authored: string): AnswersContext {
  const { order, study, payer } = checked;
  return {
    base: normalBase(launched.base),
    patientId: launched.patientId,
    ...(launched.encounterId !== undefined && { encounterId: launched.encounterId }),
    ...(launched.fhirUser !== undefined && { author: launched.fhirUser }),
    about: order.ref,
    order: {
      display: order.open === undefined ? `${study.label} (${study.code})` : 'Imaging order',
      onFile: isOnFile(order.ref, chart),
    },
    ...(payer.coverage !== undefined && { coverage: payer.coverage }),
    authored,
  };
}

/** The forms of a policy that the page may ask from: that of the ordered region, and those of regions named by questions. */
function formsFor(checked: CheckedOrder, entries: readonly Entry[], checker: Checker): readonly Form[] {
  const regions = new Set<AskedRegion>([askedRegion(checked.region)]);
  for (const m of checked.assessment.missing) if (m.region !== undefined) regions.add(m.region);
  for (const e of entries) regions.add(e.region);
  const order: readonly (Region | undefined)[] = [...REGIONS, undefined];
  return order
    .filter((r) => regions.has(askedRegion(r)))
    .map((r) => formOf(checked.policy, r, checker.knowledge.vocabulary, checker.canonical))
    .filter((f) => f.facts.length > 0);
}

/** The check that the page is about: the only one, or the one under the coverage that was chosen. */
function chosen(check: OrderCheck | undefined, coverage: string | undefined): CheckedOrder | undefined {
  if (check === undefined || check.kind === 'checked') return check;
  return check.options.find((o) => coverage !== undefined && o.payer.coverage === coverage);
}

/**
 * Assesses the launch's order as the next hook call would with these answers on file.
 * @param coverage "Coverage/x": the coverage that was chosen where several apply
 */
export function assess(
  launched: Launched,
  chart: HeldChart,
  entries: readonly Entry[],
  coverage: string | undefined,
  assessing: Assessing,
): Assessed {
  const request = requestOf(launched, undefined, assessing);
  const nothing: Assessed = { check: undefined, checked: undefined, forms: [], entries: [] };
  if (request === undefined) return nothing;
  const run = (answers: readonly Json[]): OrderCheck | 'failed' | undefined => {
    const answer = checkGathered(request, chart.data, assessing.checker, { answers, withTrace: true });
    return answer.failed.length > 0 ? 'failed' : answer.checks[0];
  };
  const saved = savedBeside(chart);
  const before = run(saved);
  if (before === 'failed' || before === undefined) return { ...nothing, check: before };
  const about = chosen(before, coverage);
  if (about === undefined) return { ...nothing, check: before };
  const forms = formsFor(about, entries, assessing.checker).map((form): FormAnswers => {
    const identifier = answersIdentifier(form, {
      base: normalBase(launched.base),
      patientId: launched.patientId,
      about: about.order.ref,
    });
    const section = chart.data.sections.get('QuestionnaireResponse');
    const onServer: readonly unknown[] = [...saved, ...(section?.resources ?? [])];
    const earlier = onServer.find((r) => isEarlier(r, identifier)) as Json | undefined;
    return {
      form,
      ...(earlier !== undefined && { earlier }),
      onFile: earlier === undefined ? [] : answersIn(earlier, form),
    };
  });
  const formOfRegion = (region: AskedRegion): FormAnswers | undefined =>
    forms.find((f) => f.form.region === regionOf(region));
  const read = entries.flatMap((entry) => {
    const of = formOfRegion(entry.region);
    return of === undefined ? [] : [{ ...entry, read: readEntry(entry, of.form, about.order.asOf.hi) }];
  });
  const context = answersContext(launched, about, chart, new Date().toISOString());
  const answered = forms.map((f) => withResponse(f, read, context));
  const responses = answered.flatMap((f) => (f.response === undefined ? [] : [f.response]));
  if (responses.length === 0) return { check: before, checked: about, forms: answered, entries: read };
  const ids = new Set(responses.map((r) => text(r['id'])));
  const after = run([...responses, ...saved.filter((s) => !ids.has(text(s['id'])))]);
  if (after === 'failed' || after === undefined) return { ...nothing, check: after };
  return { check: after, checked: chosen(after, coverage), forms: answered, entries: read };
}

/** The id under which answers that are not saved yet stand in the check. */
export const unsavedId = (form: Form): string => `unsaved-${form.region ?? 'none'}`;

function withResponse(
  answers: FormAnswers,
  entries: readonly (Entry & { readonly read: Read })[],
  context: AnswersContext,
): FormAnswers {
  const { form, earlier } = answers;
  const given = entries
    .filter((e) => regionOf(e.region) === form.region)
    .flatMap((e) => (e.read.kind === 'given' ? [e.read.answer] : []));
  if (given.length === 0) return answers;
  const response = responseOf(form, given, context, earlier);
  return { ...answers, response: { ...response, id: response.id ?? unsavedId(form) } as unknown as Json };
}
