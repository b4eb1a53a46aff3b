import type { Json } from '../../chart/json.ts';
import type { ChartView, PatientRow, PersonRow } from './wire.ts';

/** Where order entry finds patients and charts: the sandbox's own store, or another FHIR server. */
export interface ChartSource {
  /** patients whose name, id or story fits; the first ones when nothing is asked for */
  patients(words: string): Promise<readonly PatientRow[]>;
  patient(id: string): Promise<PatientRow | undefined>;
  /** who may order */
  practitioners(): Promise<readonly PersonRow[]>;
  /** undefined when there is no such patient */
  chart(patientId: string): Promise<ChartView | undefined>;
  /** a resource of a patient's chart */
  resource(patientId: string, type: string, id: string): Promise<Json | undefined>;
  /** whether orders can be written, and charts be restored */
  readonly own?: OwnCharts;
}

/** What can be done with charts that are the sandbox's own. */
export interface OwnCharts {
  /** writes a signed order into the chart */
  sign(order: Json): void;
  /** takes the chart of a patient back to what it was at the start */
  restore(patientId: string): void;
}

/** The chart cannot be had; the message says why, in words for the page. */
export class ChartUnavailable extends Error {
  readonly code = 'CHART_UNAVAILABLE';
}
