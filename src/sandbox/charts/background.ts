import type { Json } from '../../chart/json.ts';
import { add, type Day, formatDay } from '../../dates/day.ts';
import { type ChartContext, type ChartResource, practitioner } from './chart-context.ts';
import { coding, concept, term } from './codes.ts';
import { procedure } from './items.ts';
import { measured, observation, vitalSigns } from './observations.ts';
import type { BackgroundInput } from './schema.ts';

/** Routine care ends so long before today that it does not touch a story. */
const QUIET_DAYS = 140;
const PCP = 'ortiz';

/** What fills one chart: steps that each add resources. */
class Background {
  readonly #ctx: ChartContext;
  readonly #data: BackgroundInput;
  readonly #out: ChartResource[] = [];

  constructor(ctx: ChartContext, data: BackgroundInput) {
    this.#ctx = ctx;
    this.#data = data;
  }

  build(): readonly ChartResource[] {
    const { background, id } = this.#ctx.patient;
    const last = this.#ctx.today - QUIET_DAYS;
    for (const name of background.chronic) this.#chronic(this.#known(this.#data.chronic, name, id), last);
    background.past.forEach((name, i) => {
      const past = this.#known(this.#data.past, name, id);
      this.#illness(past.codes, past.days, last - 150 - i * 190 - this.#upTo(60));
    });
    for (let year = background.years; year >= 0; year--) this.#routineVisit(last - year * 365 - this.#upTo(40));
    if (background.knee) this.#knee(last - 200);
    return this.#out;
  }

  #known<T>(from: Readonly<Record<string, T>>, name: string, patient: string): T {
    const found = Object.hasOwn(from, name) ? from[name] : undefined;
    if (found === undefined) throw new RangeError(`${patient}: background.yaml has no "${name}"`);
    return found;
  }

  #upTo(n: number): number {
    return Math.floor(this.#ctx.random() * n);
  }

  #encounter(day: Day, type: readonly string[], reason: readonly string[]): Json {
    const ctx = this.#ctx;
    const id = ctx.id('encounter');
    const date = formatDay(day);
    this.#out.push({
      resourceType: 'Encounter',
      id,
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      type: [ctx.concept(type)],
      subject: ctx.subject,
      participant: [{ individual: practitioner(PCP) }],
      period: { start: `${date}T09:00:00Z`, end: `${date}T09:30:00Z` },
      reasonCode: [ctx.concept(reason)],
      serviceProvider: { reference: 'Organization/harbor-clinic' },
    });
    return { reference: `Encounter/${id}` };
  }

  #condition(codes: readonly string[], onset: Day, abated?: Day, encounter?: Json): void {
    const ctx = this.#ctx;
    this.#out.push({
      resourceType: 'Condition',
      id: ctx.id('problem'),
      clinicalStatus: term('condition-clinical', abated === undefined ? 'active' : 'resolved'),
      verificationStatus: term('condition-ver-status', 'confirmed'),
      category: [term('condition-category', encounter === undefined ? 'problem-list-item' : 'encounter-diagnosis')],
      code: ctx.concept(codes),
      subject: ctx.subject,
      ...(encounter !== undefined && { encounter }),
      onsetDateTime: formatDay(onset),
      ...(abated !== undefined && { abatementDateTime: formatDay(abated) }),
      recordedDate: formatDay(onset),
    });
  }

  /** A problem of long standing, with a prescription a year for its drug. */
  #chronic(
    { codes, drug }: { readonly codes: readonly string[]; readonly drug?: string | undefined },
    last: Day,
  ): void {
    const ctx = this.#ctx;
    const { years } = ctx.patient.background;
    const onset = last - years * 365 - this.#upTo(300);
    this.#condition(codes, onset);
    if (drug === undefined) return;
    for (let year = years - 1; year >= 0; year--) {
      this.#out.push({
        resourceType: 'MedicationRequest',
        id: ctx.id('refill'),
        status: year === 0 ? 'active' : 'completed',
        intent: 'order',
        medicationCodeableConcept: concept([drug]),
        subject: ctx.subject,
        authoredOn: formatDay(last - year * 365),
        requester: practitioner(PCP),
        reasonCode: [ctx.concept(codes)],
        dosageInstruction: [{ text: 'As directed' }],
      });
    }
  }

  #illness(codes: readonly string[], days: number, onset: Day): void {
    const seen = onset + 2;
    const encounter = this.#encounter(seen, this.#data.routine['problem-visit'].type, codes);
    this.#out.push(...vitalSigns(this.#ctx, this.#data, { date: formatDay(seen), category: 'vital-signs', encounter }));
    this.#condition(codes, onset, onset + days, encounter);
  }

  /** A yearly visit: vital signs, smoking, laboratory panels, a vaccine. */
  #routineVisit(day: Day): void {
    const ctx = this.#ctx;
    const { child } = ctx.patient.background;
    const { routine, smoking, vaccines } = this.#data;
    const { type, reason } = child ? routine['child-visit'] : routine.visit;
    const encounter = this.#encounter(day, type, reason);
    const date = formatDay(day);
    this.#out.push(...vitalSigns(ctx, this.#data, { date, category: 'vital-signs', encounter }));
    if (!child) {
      const occasion = { date, category: 'social-history', encounter } as const;
      const never = { valueCodeableConcept: concept([smoking.never]) };
      this.#out.push(observation(ctx, ctx.id('observation'), concept([smoking.code]), occasion, never));
    }
    for (const panel of this.#data.panels) if (!(child && panel.adult)) this.#panel(panel, date, encounter);
    const others = child ? vaccines.child : vaccines.adult;
    this.#vaccine(vaccines.yearly, date, encounter);
    if (ctx.random() < 0.3) this.#vaccine(others[this.#upTo(others.length)] ?? vaccines.yearly, date, encounter);
  }

  #panel(panel: BackgroundInput['panels'][number], date: string, encounter: Json): void {
    const ctx = this.#ctx;
    const results = panel.of.map((of) => measured(ctx, of, { date, category: 'laboratory', encounter }));
    this.#out.push(...results, {
      resourceType: 'DiagnosticReport',
      id: ctx.id('panel'),
      status: 'final',
      category: [term('v2-0074', 'LAB')],
      code: concept([panel.code]),
      subject: ctx.subject,
      encounter,
      effectiveDateTime: date,
      issued: `${date}T15:00:00Z`,
      result: results.map((r) => ({ reference: `Observation/${r.id}` })),
    });
  }

  #vaccine(code: string, date: string, encounter: Json): void {
    const { subject } = this.#ctx;
    this.#out.push({
      resourceType: 'Immunization',
      id: this.#ctx.id('vaccine'),
      status: 'completed',
      vaccineCode: concept([code]),
      patient: subject,
      encounter,
      occurrenceDateTime: date,
      primarySource: true,
    });
  }

  /** Arthritis of a knee: films, six visits of therapy and a drug, none of it about the spine. */
  #knee(onset: Day): void {
    const ctx = this.#ctx;
    const { problem, site, films, therapy, drug } = this.#data.knee;
    this.#condition(problem, onset);
    this.#out.push({
      resourceType: 'DiagnosticReport',
      id: ctx.id('knee-films'),
      status: 'final',
      category: [term('v2-0074', 'RAD')],
      code: ctx.concept(films),
      subject: ctx.subject,
      effectiveDateTime: formatDay(add(onset, { count: 1, unit: 'weeks' })),
      conclusion: 'Narrowed joint space of the right knee.',
    });
    const members = { reasonCode: [ctx.concept(problem)], bodySite: [{ coding: [coding(site)] }] };
    for (let visit = 0; visit < 6; visit++)
      this.#out.push(procedure(ctx, ctx.id('knee-therapy'), therapy, formatDay(onset + 14 + visit * 7), members));
    this.#out.push({
      resourceType: 'MedicationRequest',
      id: ctx.id('knee-drug'),
      status: 'completed',
      intent: 'order',
      medicationCodeableConcept: concept([drug]),
      subject: ctx.subject,
      authoredOn: formatDay(onset + 10),
      requester: practitioner(PCP),
      reasonCode: [ctx.concept(problem)],
      dispenseRequest: { expectedSupplyDuration: { value: 30, unit: 'days' } },
    });
  }
}

/**
 * What a chart holds beside its story: problems, illnesses, yearly visits with laboratory panels and vaccines, a knee. The same
 * patient gets the same every time.
 * @throws RangeError when the patient's file names what `background.yaml` does not have
 */
export const backgroundOf = (ctx: ChartContext, data: BackgroundInput): readonly ChartResource[] =>
  new Background(ctx, data).build();
