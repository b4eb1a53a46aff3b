import type { Day, Interval } from '../dates/day.ts';
import { firstReached } from '../dates/reaching.ts';
import { objects } from './json.ts';
import type { LinkedResources } from './linked-resources.ts';
import type { ImagingRecord } from './records.ts';

/** An examination that an order, a claim or a document names. */
export interface NamedExamination {
  readonly record: ImagingRecord;
  /** so many days after what names it the examination is dated at most */
  readonly within: number;
}

/** Orders are carried out within three months, or are written anew. */
export const ORDER_STANDS_DAYS = 90;

/**
 * Examinations, each once: EHRs keep beside the report of one its images, the procedure that is billed, and the order as completed. The
 * report tells what it showed; the others are no further examinations of which nobody knows what they showed.
 * @param told what reports, images, procedures and observations tell of
 * @param named what orders, claims and documents name
 */
export function examinationsOf(
  told: readonly ImagingRecord[],
  named: readonly NamedExamination[],
  links: LinkedResources,
): readonly ImagingRecord[] {
  const reports = new Told(
    told.filter((r) => r.done === 'done' && !isBare(r)),
    links,
  );
  const each = told.filter((r) => !(r.done === 'done' && isBare(r) && reports.tellsOf(r)));
  if (named.length === 0) return each;
  const known = new Told(
    each.filter((r) => r.done !== 'not-done'),
    links,
  );
  return [...each, ...named.flatMap((n) => (known.carriesOut(n) ? [] : [n.record]))];
}

/** Does a record say no more than that the examination took place? */
const isBare = ({ reported, hasResult, said }: ImagingRecord): boolean => !reported && !hasResult && said.length === 0;

const kindOf = ({ modality, place }: ImagingRecord): string => `${modality} ${place}`;

/** An evening in one time zone is the next day in another. */
const AROUND: readonly number[] = [0, -1, 1];
const ANY_STUDY = '*';
const OPEN_STUDY = 'open';

/** Examinations of which a code is known, by what they are of. What is looked for is found by a key: a chart may hold thousands. */
class Told {
  readonly #links: LinkedResources;
  /** kind, day, order or report, and study */
  readonly #keys = new Set<string>();
  readonly #daysOfKind = new Map<string, Day[]>();
  /** the orders on which they were done, as "ServiceRequest/x", and the images that they are about */
  readonly #named = new Set<string>();

  constructor(records: readonly ImagingRecord[], links: LinkedResources) {
    this.#links = links;
    for (const record of records) if (!record.inWords) this.#add(record);
    for (const days of this.#daysOfKind.values()) days.sort((a, b) => a - b);
  }

  #add(record: ImagingRecord): void {
    const { when, study = OPEN_STUDY } = record;
    const kind = kindOf(record);
    const references = this.#references(record);
    for (const reference of references) this.#named.add(reference);
    for (const at of [record.ref, ...references, ...(isOfOneDay(when) ? [when.lo] : [])])
      for (const s of [ANY_STUDY, study]) this.#keys.add(`${kind} ${at} ${s}`);
    if (when === undefined) return;
    const days = this.#daysOfKind.get(kind);
    if (days === undefined) this.#daysOfKind.set(kind, [when.hi]);
    else days.push(when.hi);
  }

  /** What a record refers to: the orders on which it was done, and the images and reports of it. */
  #references({ ref }: ImagingRecord): readonly string[] {
    const [type = '', id = ''] = ref.split('/');
    const resource = this.#links.resources.get(type, id);
    return ['basedOn', 'imagingStudy', 'report']
      .flatMap((member) => objects(resource?.[member]))
      .flatMap((r) => this.#links.key(r) ?? []);
  }

  /** Is one of them the examination of a record, by its day, its order or the reference of a report? */
  tellsOf(record: ImagingRecord): boolean {
    if (this.#named.has(record.ref)) return true;
    const { when, study } = record;
    const studies = study === undefined ? [ANY_STUDY] : [study, OPEN_STUDY];
    const days = isOfOneDay(when) ? AROUND.map((d) => when.lo + d) : [];
    return [...this.#references(record), ...days].some((at) =>
      studies.some((s) => this.#keys.has(`${kindOf(record)} ${at} ${s}`)),
    );
  }

  /** Is one of them what an order, a claim or a document names: done on it, or soon enough after it? */
  carriesOut({ record, within }: NamedExamination): boolean {
    if (this.#named.has(record.ref)) return true;
    if (record.when === undefined) return false;
    const days = this.#daysOfKind.get(kindOf(record)) ?? [];
    const next = days[firstReached(days, record.when.lo)];
    return next !== undefined && next <= record.when.hi + within;
  }
}

const isOfOneDay = (when: Interval | undefined): when is Interval => when !== undefined && when.lo === when.hi;
