import type { Chart } from '../chart/chart.ts';
import type { LocalCodes } from '../chart/code-meanings.ts';
import type { Canonical } from '../chart/readers/answer.ts';
import type { RetrievedSection, Section } from '../chart/sections.ts';
import type { Coverage } from '../coverage/coverage.ts';
import type { LineOfBusiness } from '../coverage/payers.ts';
import type { FactEngine } from '../facts/fact-engine.ts';
import type { ImagingOrder } from '../order/order.ts';
import type { Assessment, Trace } from '../policy/assessment.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { Evidence, Region } from '../policy/fact-source.ts';
import type { Study } from '../policy/studies.ts';
import type { PayerOfOrder, Routes } from './member.ts';

/** What is known of the patient and the coverages when the orders are checked. */
export interface PatientData {
  readonly patientId: string;
  readonly patient: unknown;
  readonly base?: string;
  readonly sections: ReadonlyMap<Section, RetrievedSection>;
  readonly coverages: readonly Coverage[];
  /** `unavailable`: coverages could not be read whole */
  readonly coverageState: 'complete' | 'unavailable';
  readonly defaultPayer?: {
    readonly payer: string;
    readonly lineOfBusiness: LineOfBusiness;
    /** chosen by who asks, whatever coverage is on file: nothing is assumed */
    readonly chosen?: boolean;
  };
  readonly localCodes?: LocalCodes;
  /** the payer was chosen before: coverages are not looked at (replay) */
  readonly settled?: PayerOfOrder;
}

/** An order that was checked against a policy. */
export interface CheckedOrder {
  readonly kind: 'checked';
  readonly id: string;
  readonly order: ImagingOrder;
  readonly study: Study;
  readonly region: Region | undefined;
  readonly payer: PayerOfOrder;
  readonly policy: CompiledPolicy;
  readonly assessment: Assessment;
  /** documented red flags, whatever the outcome */
  readonly urgent: readonly Evidence[];
  /** "no review is needed if this is a Medicare plan", where the line of business is not on file */
  readonly exemptIf?: string;
  readonly chart: Chart;
  readonly facts: FactEngine;
  readonly trace?: { readonly exclusions: readonly Trace[]; readonly paths: readonly Trace[] };
}

/** An order that could not be checked, as its coverage is not known for sure. */
export interface UncheckedOrder {
  readonly kind: 'unchecked';
  readonly order: ImagingOrder;
  readonly study: Study;
  readonly reason: 'coverage-unavailable' | 'coverage-ambiguous';
  readonly options: readonly CheckedOrder[];
}

export type OrderCheck = CheckedOrder | UncheckedOrder;

/** What checking needs beside the data: loaded once. */
export interface Checker extends Routes {
  readonly canonical: Canonical;
}
