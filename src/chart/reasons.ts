import type { Hit } from '../terminology/code-index.ts';
import { NO_PLACE, OTHER, type Place, placeOfHits } from '../terminology/regions.ts';
import { type ConceptReader, checkSize, mostCodingsOf } from './concept-reader.ts';
import { type Json, object, objects } from './json.ts';
import type { LinkedResources, Problem } from './linked-resources.ts';

const NO_HITS: readonly Hit[] = [];
const NO_PROBLEM: Problem = { hits: NO_HITS, codes: [] };

/** What a place-naming set of codes says: its places, and whether any code belongs to a spine problem. */
export interface Reason {
  readonly place: Place;
  readonly spine: boolean;
  readonly given: boolean;
}
const NO_REASON: Reason = { place: NO_PLACE, spine: false, given: false };

/** Works something out once for a resource that many others refer to. */
function once<T>(known: Map<Json, T>, resource: Json, workOut: () => T): T {
  const found = known.get(resource) ?? workOut();
  known.set(resource, found);
  return found;
}

/** The Conditions that a visit, or the order of one, refers to as its diagnoses or reasons. */
export interface Diagnoses {
  readonly given: boolean;
  readonly hits: readonly Hit[];
  readonly ruledOut: readonly Hit[];
  readonly codes: readonly string[];
}
const NO_DIAGNOSES: Diagnoses = { given: false, hits: [], ruledOut: [], codes: [] };

/** What the things that were done for the patient of one chart were done for. */
export class Reasons {
  readonly #concepts: ConceptReader;
  readonly #links: LinkedResources;
  readonly #ofVisits = new Map<Json, Reason>();
  readonly #ofOrders = new Map<Json, Reason>();
  readonly #diagnoses = new Map<Json, Diagnoses>();

  constructor(concepts: ConceptReader, links: LinkedResources) {
    this.#concepts = concepts;
    this.#links = links;
  }

  /** What reason codes and referenced conditions say about the place. One that is not on file, or in words alone, names no other problem. */
  stated(resource: Json): Reason {
    const codes = resource['reasonCode'];
    const references = objects(resource['reasonReference']);
    if (codes === undefined && references.length === 0) return NO_REASON;
    let given = false;
    let spine = false;
    let place = NO_PLACE;
    const take = (hits: readonly Hit[]): void => {
      given = true;
      for (const hit of this.#concepts.ofSpine(hits)) {
        spine = true;
        place |= hit.place;
      }
    };
    for (const { own } of this.#concepts.meanings(codes)) take(own);
    for (const reference of references) {
      const condition = this.#links.condition(resource, reference);
      if (condition !== undefined && condition.codes.length > 0) take(condition.hits);
    }
    return { place: given && !spine ? OTHER : place, spine, given };
  }

  /**
   * The reason of the visit that a resource belongs to, for one that has no reason of its own: when the visit was for problems
   * of the spine alone. A visit for several things does not say which of them a treatment was for.
   */
  ofVisit(resource: Json): Reason {
    const reason = this.#ofVisit(resource);
    return reason.spine ? reason : NO_REASON;
  }

  /** The reason of a prescription that states none: that of its visit, or another problem when the visit was for others alone. */
  ofPrescription(resource: Json): Reason {
    const stated = this.stated(resource);
    return stated.given ? stated : this.#ofVisit(resource);
  }

  /** The reason of a drug that was dispensed or given: its own, else that of the prescription on which it was. */
  ofSupply(resource: Json): Reason {
    const stated = this.stated(resource);
    if (stated.given) return stated;
    const prescription = this.#links.prescription(resource);
    return prescription === undefined ? NO_REASON : this.ofPrescription(prescription);
  }

  /** What the visit of a resource was for: problems of the spine alone, other problems alone, or nobody knows which. */
  #ofVisit(resource: Json): Reason {
    const visit = this.#links.visitOf(resource);
    return visit === undefined ? NO_REASON : once(this.#ofVisits, visit, () => this.#purpose(this.#problemsOf(visit)));
  }

  #purpose(problems: readonly Problem[]): Reason {
    if (problems.length === 0) return NO_REASON;
    const ofSpine = problems.map(({ hits }) => this.#concepts.ofSpine(hits));
    if (ofSpine.every((hits) => hits.length > 0))
      return { place: placeOfHits(ofSpine.flat()), spine: true, given: true };
    const areOthers = problems.every(({ codes }, i) => codes.length > 0 && ofSpine[i]?.length === 0);
    return areOthers ? { place: OTHER, spine: false, given: true } : NO_REASON;
  }

  /** What a visit was for: its coded reasons, else its diagnoses, else those that were made at it. */
  #problemsOf(visit: Json): readonly Problem[] {
    const referred = (reference: Json | undefined): Problem => this.#links.condition(visit, reference) ?? NO_PROBLEM;
    const stated = [
      ...objects(visit['reasonCode']).flatMap((c) =>
        objects(c['coding']).length > 0 ? [{ hits: this.#concepts.hits(c), codes: this.#concepts.keys(c) }] : [],
      ),
      ...objects(visit['reasonReference']).map(referred),
    ];
    if (stated.length > 0) return stated;
    const diagnoses = objects(visit['diagnosis']).map((d) => referred(object(d['condition'])));
    return diagnoses.length > 0
      ? diagnoses
      : this.#links.diagnosesMadeAt(visit).map((diagnosis) => this.#links.referred(diagnosis));
  }

  /** The reason of the order on which a resource was done, for one that has no reason of its own. */
  ofOrder(resource: Json): Reason {
    for (const order of this.#links.orders(resource)) {
      const reason = once(this.#ofOrders, order, () => this.stated(order));
      if (reason.given) return reason;
    }
    return NO_REASON;
  }

  /** The diagnoses of a visit, or of an order on which visits took place. @throws RangeError for more than a visit has */
  diagnosesOf(resource: Json): Diagnoses {
    if (resource['diagnosis'] === undefined && resource['reasonReference'] === undefined) return NO_DIAGNOSES;
    return once(this.#diagnoses, resource, () => {
      const references = [
        ...objects(resource['diagnosis']).map((d) => object(d['condition'])),
        ...objects(resource['reasonReference']),
      ];
      // a stay names a diagnosis once for each of its roles
      const known = [...new Set(references.flatMap((c) => this.#links.condition(resource, c) ?? []))];
      checkSize(known);
      const { refuted = [], stated = [] } = Object.groupBy(known, (c) => (c.refuted ? 'refuted' : 'stated'));
      const codes = known.flatMap((c) => c.codes);
      // many visits may have taken place on one order
      if (resource['resourceType'] === 'Encounter') checkSize(codes, mostCodingsOf(known.length));
      else checkSize(codes);
      return {
        given: references.length > 0,
        hits: stated.flatMap((c) => c.hits),
        ruledOut: refuted.flatMap((c) => c.hits),
        codes,
      };
    });
  }
}
