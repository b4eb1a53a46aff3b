import type { Chart } from '../../chart/chart.ts';
import type { Day } from '../../dates/day.ts';
import type { Region } from '../../policy/fact-source.ts';
import type { Vocabulary } from '../vocabulary.ts';

/** A region of a patient's chart, as of a day. */
export interface ChartRegion {
  readonly chart: Chart;
  readonly vocabulary: Vocabulary;
  readonly region: Region | 'any';
  readonly asOf: Day;
}

/** Where the current episode is looked for. */
export interface Sought extends ChartRegion {
  /** days without visit, entry or treatment that do not end an episode */
  readonly maxGap: number;
}
