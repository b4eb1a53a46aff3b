import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The measurements of one service. Labels come from closed lists (policies, sections, outcomes), never from requests. */
export class Metrics {
  readonly registry = new Registry();
  readonly hooks = new Histogram({
    name: 'cds_hook_seconds',
    help: 'Time from the arrival of a hook call to the end of its answer',
    labelNames: ['service', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
    registers: [this.registry],
  });
  readonly assessments = new Counter({
    name: 'cds_assessments_total',
    help: 'Orders assessed, by policy and outcome',
    labelNames: ['policy', 'outcome', 'reason'],
    registers: [this.registry],
  });
  readonly sections = new Counter({
    name: 'cds_chart_sections_total',
    help: 'Chart sections by how completely they were seen',
    labelNames: ['section', 'state'],
    registers: [this.registry],
  });
  readonly fhirCalls = new Counter({
    name: 'cds_fhir_calls_total',
    help: 'Calls to EHRs by result',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly refused = new Counter({
    name: 'cds_refused_total',
    help: 'Calls refused, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly uncheckedOrders = new Counter({
    name: 'cds_unchecked_orders_total',
    help: 'Orders that were not checked: broken (a defect of ours), or late (too many in one call)',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly ungovernedOrders = new Counter({
    name: 'cds_ungoverned_orders_total',
    help: 'Imaging orders without a card, as no text governs them: no-coverage (and no default payer), unknown-payer, no-policy',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly decisions = new Counter({
    name: 'cds_decisions_total',
    help: 'Decision records by what became of them: stored, late (stored after the answer), lost',
    labelNames: ['state'],
    registers: [this.registry],
  });
  readonly decisionQueue = new Gauge({
    name: 'cds_decision_queue',
    help: 'Decision records that wait for the store',
    registers: [this.registry],
  });
  readonly unshared = new Counter({
    name: 'cds_unshared_total',
    help: 'Times that the shared store did not answer and this process counted by itself: used-token, rate-limit',
    labelNames: ['what'],
    registers: [this.registry],
  });
  readonly decisionLag = new Gauge({
    name: 'cds_decision_lag_seconds',
    help: 'How long the oldest of these records has been waiting',
    registers: [this.registry],
  });
  readonly launches = new Counter({
    name: 'cds_smart_launches_total',
    help: 'Launches of the SMART app: launched, or what stopped them',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly worksheet = new Counter({
    name: 'cds_worksheet_total',
    help: 'What was done on worksheets: opened, checked, saved, or why it was not',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly feedback = new Counter({
    name: 'cds_feedback_total',
    help: 'Feedback entries by outcome',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
