import { init } from 'echarts';
import { OUTCOMES, type Outcome } from '../policy/assessment.ts';
import type { Tally } from './tally-orders.ts';

/** Colours that can be told apart on white, in print and by people who see no red or green. */
const COLOURS: Readonly<Record<Outcome, string>> = {
  met: '#1b6b3a',
  alternative: '#0b5a8c',
  undetermined: '#d59b2a',
  'not-met': '#a12622',
  'not-required': '#8a949e',
};
const FONT = 'system-ui, sans-serif';
/** labels are measured without their font: some come out wider */
const MARGIN = 60;

/** Where things stand in a chart; lengths are pixels, which a phone shows as they are. */
interface Layout {
  readonly width: number;
  /** of a bar with what belongs to it */
  readonly row: number;
  /** room for title and legend */
  readonly top: number;
  readonly legendTop: number;
  /** room beside the bars for their labels; without it they stand above the bars */
  readonly labels?: number;
}
const WIDE: Layout = { width: 940, row: 26, top: 66, legendTop: 34, labels: 390 };
const NARROW: Layout = { width: 350, row: 46, top: 120, legendTop: 56 };

/** A chart for wide windows, and the same for narrow ones. */
export interface Chart {
  readonly wide: string;
  readonly narrow: string;
}

interface Bars {
  readonly title: string;
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly colour: string; readonly values: readonly number[] }[];
}

/** Horizontal stacked bars with their figures, as an SVG. */
function svgOf({ title, labels, series }: Bars, layout: Layout): string {
  const { width, row, top, legendTop, labels: beside } = layout;
  const height = top + 40 + labels.length * row;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  const aboveBar = { inside: true, margin: 0, verticalAlign: 'bottom', padding: [0, 0, 13, 0], width: width - MARGIN };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT },
    title: { text: title, left: 0, top: 0, textStyle: { fontSize: 15, width: width - MARGIN, overflow: 'break' } },
    legend: { top: legendTop, left: 0, itemGap: beside === undefined ? 12 : 20, data: series.map((s) => s.name) },
    grid: { left: beside ?? 1, right: 24, top, bottom: 28 },
    xAxis: { type: 'value', minInterval: 1, splitNumber: beside === undefined ? 3 : 5 },
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...labels],
      axisTick: { show: beside !== undefined },
      axisLabel: {
        interval: 0,
        overflow: 'truncate',
        ...(beside === undefined ? { ...aboveBar, align: 'left', color: '#1c2126' } : { width: beside - MARGIN }),
      },
      z: 10,
    },
    series: series.map((s) => ({
      name: s.name,
      type: 'bar',
      stack: 'all',
      barMaxWidth: 18,
      itemStyle: { color: s.colour },
      label: {
        show: true,
        color: s.colour === COLOURS.undetermined ? '#1c2126' : '#fff',
        fontSize: 11,
        formatter: (p: { value: unknown }) => (p.value === 0 ? '' : String(p.value)),
      },
      data: [...s.values],
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const bars = (of: Bars): Chart => ({ wide: svgOf(of, WIDE), narrow: svgOf(of, NARROW) });

/** Orders by outcome, one bar for each policy and month. */
export const outcomeChart = ({ months }: Tally): Chart =>
  bars({
    title: 'Orders by outcome, policy and month',
    labels: months.map((m) => `${m.policy} ${m.month}`),
    series: OUTCOMES.map((outcome) => ({
      name: outcome,
      colour: COLOURS[outcome],
      values: months.map((m) => m.outcomes[outcome]),
    })),
  });

/** What criteria did, most frequent first. */
export const criteriaChart = ({ criteria }: Tally, most: number): Chart => {
  const shown = criteria.slice(0, most);
  const of = (name: string, colour: string, key: 'decided' | 'contradicted' | 'excluded' | 'missing') => ({
    name,
    colour,
    values: shown.map((c) => c[key]),
  });
  return bars({
    title: 'Criteria: how often they decided, were contradicted, excluded the order, were not documented',
    labels: shown.map((c) => `${c.policy} ${c.criterion}`),
    series: [
      of('decided', COLOURS.met, 'decided'),
      of('contradicted', COLOURS['not-met'], 'contradicted'),
      of('excluded the order', COLOURS['not-required'], 'excluded'),
      of('not documented', COLOURS.undetermined, 'missing'),
    ],
  });
};

/** Facts whose documentation would settle most orders. */
export const factsChart = ({ facts }: Tally, most: number, labelOf: (fact: string) => string): Chart => {
  const shown = facts.slice(0, most);
  return bars({
    title: 'Facts whose documentation would settle undetermined orders',
    labels: shown.map((f) => labelOf(f.fact)),
    series: [
      { name: 'would settle it alone', colour: COLOURS.met, values: shown.map((f) => f.alone) },
      {
        name: 'needed together with others',
        colour: COLOURS.alternative,
        values: shown.map((f) => f.orders - f.alone),
      },
    ],
  });
};
