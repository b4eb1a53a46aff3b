import type { LoadedFile } from '../yaml/yaml-file.ts';
import { InvalidFileError, problemsOf } from '../yaml/yaml-file.ts';
import { ChartItem, type VignetteInput, type VignettesInput } from './schema.ts';

/** A vignette with everything that it takes over from others. */
export interface Vignette {
  readonly id: string;
  readonly title: string;
  readonly policy: string;
  readonly payer: string;
  readonly line: 'medicare' | 'medicaid' | 'commercial';
  readonly order: {
    readonly study: string;
    readonly date: string;
    readonly service?: string | undefined;
    readonly reasons?: string | readonly string[] | undefined;
    readonly by?: string | undefined;
  };
  readonly patient: { readonly born?: string | undefined; readonly sex?: string | undefined };
  readonly chart: readonly ChartItem[];
  readonly incomplete: Readonly<Record<string, 'truncated' | 'failed' | 'not-available'>>;
  readonly expect: VignetteInput['expect'];
  readonly why: string;
}

interface Merged {
  order: { readonly [K in keyof Vignette['order']]?: Vignette['order'][K] | undefined };
  patient: Vignette['patient'];
  line: Vignette['line'];
  chart: readonly ChartItem[];
  incomplete: Vignette['incomplete'];
}

const EMPTY: Merged = { order: {}, patient: {}, line: 'commercial', chart: [], incomplete: {} };

/** Resolves `like`, `without` and `change`. @throws InvalidFileError for unknown or circular references, unnamed items and changes that make no item */
export function expandVignettes(file: LoadedFile<VignettesInput>): readonly Vignette[] {
  const { data } = file;
  const byId = new Map<string, number>();
  const problems: string[] = [];
  for (const [i, v] of data.vignettes.entries()) {
    if (byId.has(v.id)) problems.push(`${file.locate(['vignettes', i, 'id'])} the id "${v.id}" is used twice`);
    byId.set(v.id, i);
  }
  const changed = (item: ChartItem, i: number, changes: VignetteInput['change']): ChartItem => {
    const change = item.as === undefined ? undefined : changes?.[item.as];
    if (item.as === undefined || change === undefined) return item;
    const members = Object.entries({ ...item, ...change }).filter(([, value]) => value !== null);
    const whole = Object.fromEntries(members) as unknown as ChartItem;
    problems.push(...problemsOf(ChartItem, whole, file, ['vignettes', i, 'change', item.as]));
    return whole;
  };
  const merge = (i: number, trail: readonly number[]): Merged => {
    const v = data.vignettes[i];
    if (v === undefined) return EMPTY;
    const at = byId.get(v.like ?? '');
    if (v.like !== undefined && (at === undefined || trail.includes(at)))
      problems.push(`${file.locate(['vignettes', i, 'like'])} there is no vignette "${v.like}" to start from`);
    const base = at === undefined || trail.includes(at) ? EMPTY : merge(at, [...trail, i]);
    const named = new Set(base.chart.flatMap((c) => c.as ?? []));
    for (const name of [...(v.without ?? []), ...Object.keys(v.change ?? {})]) {
      if (!named.has(name))
        problems.push(
          `${file.locate(['vignettes', i])} ${v.id}: there is nothing named "${name}" in "${v.like ?? ''}"`,
        );
    }
    const kept = base.chart
      .filter((c) => c.as === undefined || v.without?.includes(c.as) !== true)
      .map((c) => changed(c, i, v.change));
    return {
      order: { ...base.order, ...v.order },
      patient: { ...base.patient, ...v.patient },
      line: v.line ?? base.line,
      chart: [...kept, ...(v.chart ?? [])],
      incomplete: { ...base.incomplete, ...v.incomplete },
    };
  };
  const vignettes = data.vignettes.map((v, i): Vignette => {
    const m = merge(i, [i]);
    const { study, date } = m.order;
    if (study === undefined || date === undefined)
      problems.push(`${file.locate(['vignettes', i])} ${v.id}: the order needs a study and a date`);
    return {
      id: v.id,
      title: v.title,
      policy: data.policy,
      payer: data.payer,
      line: m.line,
      order: { ...m.order, study: study ?? '', date: date ?? '2025-01-01' },
      patient: m.patient,
      chart: m.chart,
      incomplete: m.incomplete,
      expect: v.expect,
      why: v.why,
    };
  });
  if (problems.length > 0) throw new InvalidFileError([...new Set(problems)]);
  return vignettes;
}
