import {
  assessmentsOf,
  fhirAccess,
  ORDER_SELECT,
  ORDER_SIGN,
  orderSelectCall,
  orderSignCall,
  post,
  storyFhir,
  storyPrefetch,
} from '../support/hook-request.ts';
import { at, listAt } from '../support/json-path.ts';
import type { ServiceProcess } from '../support/service-process.ts';

type Json = Record<string, unknown>;

/** What came of a call. */
export interface Told {
  readonly status: number;
  /** what the answer says of its records: stored, pending, lost */
  readonly decisions: string;
  readonly cards: readonly string[];
  readonly outcomes: readonly string[];
  readonly reasons: readonly string[];
  readonly ms: number;
}

/** A call and the outcome that is right for it. */
export interface Sample {
  readonly service: string;
  readonly body: Json;
  readonly outcome: string;
}

const ordering = (call: Json, study: string): Json => {
  const order = at(call, 'context.draftOrders.entry.0.resource') as Json;
  order['code'] = { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: study }] };
  return call;
};

/** Two orders for one chart: one that the criteria name, and one for which they name another study. */
export const SAMPLES: readonly Sample[] = [
  { service: ORDER_SELECT, body: orderSelectCall(), outcome: 'met' },
  { service: ORDER_SELECT, body: ordering(orderSelectCall(), '72158'), outcome: 'alternative' },
];

/** The same with the chart to be read from a FHIR server. */
export const readingFrom = (fhir: string): readonly Sample[] =>
  SAMPLES.map(({ body, ...rest }) => {
    const { patient, coverages } = storyPrefetch();
    return { ...rest, body: { ...body, prefetch: { patient, coverages }, ...fhirAccess(fhir) } };
  });

/** Signing so many orders at once. */
export function basket(orders: number): Sample {
  const call = orderSignCall();
  const { order } = storyFhir();
  (at(call, 'context.draftOrders') as Json)['entry'] = Array.from({ length: orders }, (_, i) => ({
    resource: { ...order, id: `order-${i}` },
  }));
  return { service: ORDER_SIGN, body: call, outcome: 'met' };
}

/** Calls the service. @returns undefined when there is no answer */
export async function call(service: ServiceProcess, sample: Sample): Promise<Told | undefined> {
  const from = performance.now();
  try {
    const answer = await post(`${service.base}/cds-services/${sample.service}`, sample.body);
    const told = assessmentsOf(answer);
    return {
      status: answer.status,
      decisions: answer.headers.get('x-decisions') ?? '',
      cards: listAt(answer.body, 'cards').map((c) => String(at(c, 'uuid'))),
      outcomes: told.map((t) => String(at(t, 'outcome'))),
      reasons: told.map((t) => String(at(t, 'reason') ?? '')),
      ms: performance.now() - from,
    };
  } catch {
    return undefined;
  }
}

/** Sends feedback on a card. @returns what became of it: stored, pending, lost; undefined without an answer */
export async function overrule(service: ServiceProcess, card: string): Promise<string | undefined> {
  try {
    const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}/feedback`, {
      feedback: [{ card, outcome: 'overridden', outcomeTimestamp: new Date().toISOString() }],
    });
    return answer.status === 200 ? (answer.headers.get('x-decisions') ?? '') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps several clients calling until told to stop.
 * @param each called with every answer (undefined = none came), before the next call of its client
 */
export async function load(
  service: () => ServiceProcess,
  samples: readonly Sample[],
  clients: number,
  each: (told: Told | undefined, sample: Sample) => Promise<void> | void,
  running: () => boolean,
): Promise<void> {
  const client = async (first: number): Promise<void> => {
    for (let i = first; running(); i++) {
      const sample = samples[i % samples.length];
      if (sample === undefined) return;
      const told = await call(service(), sample);
      await each(told, sample);
      // without a service there is nothing to wait for
      if (told === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
}
