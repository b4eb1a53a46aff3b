import type { Json } from '../../chart/json.ts';
import { type ChartContext, type ChartResource, quantity } from './chart-context.ts';
import { concept, term } from './codes.ts';
import type { BackgroundInput, Measurable } from './schema.ts';

type Range = readonly [number | null, number | null];

/** High, low or normal by a reference range, as laboratories say it. */
function interpretation(value: number, [low, high]: Range): Json {
  const code = high !== null && value > high ? 'H' : low !== null && value < low ? 'L' : 'N';
  return term('v3-ObservationInterpretation', code);
}

/** Reference range and interpretation of a measured value. */
export function rated(value: number, unit: string, range: Range | undefined): Json {
  if (range === undefined) return {};
  const [low, high] = range;
  return {
    referenceRange: [
      { ...(low !== null && { low: quantity(low, unit) }), ...(high !== null && { high: quantity(high, unit) }) },
    ],
    interpretation: [interpretation(value, range)],
  };
}

/** What all observations of one occasion share. */
export interface Occasion {
  readonly date: string;
  readonly category: 'laboratory' | 'vital-signs' | 'exam' | 'survey' | 'social-history';
  readonly encounter?: Json;
}

/** An Observation with its value members given. */
export const observation = (
  ctx: ChartContext,
  id: string,
  code: Json,
  occasion: Occasion,
  members: Json,
): ChartResource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: [term('observation-category', occasion.category)],
  code,
  subject: ctx.subject,
  ...(occasion.encounter !== undefined && { encounter: occasion.encounter }),
  effectiveDateTime: occasion.date,
  ...members,
});

/** A plausible value: the usual one and a little more or less; inside of the reference range if there is one. */
function plausible(ctx: ChartContext, of: Measurable): number {
  const value = of.usual + (ctx.random() * 2 - 1) * of.spread;
  const [low, high] = of.range ?? [null, null];
  const bounded = Math.min(Math.max(value, low ?? value), high ?? value);
  return Number(bounded.toFixed(of.decimals));
}

/** An Observation of a measurable thing. @param given the value, if it is not just any usual one */
export function measured(ctx: ChartContext, of: Measurable, occasion: Occasion, given?: number): ChartResource {
  const value = given ?? plausible(ctx, of);
  return observation(ctx, ctx.id('observation'), concept([of.code]), occasion, {
    valueQuantity: quantity(value, of.unit),
    ...rated(value, of.unit, of.range),
  });
}

const VITAL: Readonly<Record<'temperature' | 'pulse', string>> = {
  temperature: 'loinc 8310-5',
  pulse: 'loinc 8867-4',
};

/** The vital signs of a visit: blood pressure, pulse, breathing, temperature, oxygen. */
export function vitalSigns(
  ctx: ChartContext,
  background: BackgroundInput,
  occasion: Occasion,
  given: { readonly temperature?: number | undefined; readonly pulse?: number | undefined } = {},
): readonly ChartResource[] {
  const { panel, systolic, diastolic } = background.pressure;
  const part = (code: string, usual: number): Json => ({
    code: concept([code]),
    valueQuantity: quantity(Math.round(usual + ctx.random() * 14), 'mm[Hg]'),
  });
  const pressure = observation(ctx, ctx.id('observation'), concept([panel]), occasion, {
    component: [part(systolic, ctx.patient.background.child ? 96 : 116), part(diastolic, 68)],
  });
  const others = background.vitals.map((vital) => {
    const known = (['temperature', 'pulse'] as const).find((k) => vital.code.startsWith(`${VITAL[k]} `));
    return measured(ctx, vital, occasion, known === undefined ? undefined : given[known]);
  });
  return [pressure, ...others];
}
