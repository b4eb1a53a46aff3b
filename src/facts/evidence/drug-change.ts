import type { MedicationRecord } from '../../chart/records.ts';
import type { Day, Interval } from '../../dates/day.ts';
import { firstReached } from '../../dates/reaching.ts';
import type { Asked, FactContext } from '../context.ts';
import type { ChangeInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { fitIn } from '../window.ts';
import { chartedItem } from './charted-item.ts';

/** A drug that is begun again so many days after its supply had ended was not refilled meanwhile. */
const NO_REFILL_AFTER: Day = 30;

/** When a drug was begun, and the record that says so. */
interface Start {
  readonly ref: string;
  readonly on: Interval;
  /** taken, or supplied, to this day */
  readonly end: Interval | undefined;
}

/** The starts of one drug, in the order of the days on which they had happened at the latest. */
class Starts {
  readonly all: readonly Start[];
  readonly #days: readonly Day[];

  constructor(records: readonly MedicationRecord[]) {
    this.all = records
      .flatMap(({ ref, start, end, taken }) =>
        start === undefined || taken === 'not-taken' || taken === 'unclear' ? [] : [{ ref, on: start, end }],
      )
      .sort((a, b) => a.on.hi - b.on.hi);
    this.#days = this.all.map(({ on }) => on.hi);
  }

  /** The first start, if it came before another one for certain. */
  firstBefore({ on }: Start): Start | undefined {
    const [first] = this.all;
    return first !== undefined && first.on.hi < on.lo ? first : undefined;
  }

  /** The last start that came before another one for certain. */
  lastBefore({ on }: Start): Start | undefined {
    return this.all[firstReached(this.#days, on.lo) - 1];
  }
}

/**
 * The start of a drug after another one, be it for the first time or again: a change of treatment. Each set is one drug: refills,
 * other strengths and other brands of it are none.
 */
export function changeEvidence(input: ChangeInput, asked: Asked, ctx: FactContext, tally: Tally): void {
  const drugs = input.drugs.map(
    (name) => new Starts(ctx.chart.bySet(ctx.set(name)).filter((r): r is MedicationRecord => r.type === 'medication')),
  );
  for (const drug of drugs) {
    const others = drugs.filter((other) => other !== drug);
    for (const start of drug.all) {
      const own = drug.lastBefore(start);
      if (own === undefined)
        begun(
          start,
          foundIn(others, (other) => other.firstBefore(start)),
          asked,
          tally,
        );
      else
        begunAgain(
          start,
          own,
          foundIn(others, (other) => other.lastBefore(start)),
          asked,
          tally,
        );
    }
  }
}

const foundIn = (drugs: readonly Starts[], find: (drug: Starts) => Start | undefined): readonly Start[] =>
  drugs.flatMap((drug) => find(drug) ?? []);

/** A drug that was begun, and the other ones that had been begun before. */
function begun(start: Start, earlier: readonly Start[], asked: Asked, tally: Tally): void {
  if (earlier.length > 0) changed(start, earlier, 'begun after another drug of this kind', asked, tally);
  else tally.lead(chartedItem(start.ref, start.on, asked), 'no earlier drug of this kind on file');
}

/**
 * A drug that was begun before: a return to it, when another one was begun in between and it had not been supplied for a while. Lists
 * of drugs hold refills of what was given up, too.
 */
function begunAgain(start: Start, own: Start, others: readonly Start[], asked: Asked, tally: Tally): void {
  const between = others.filter(({ on }) => on.lo > own.on.hi);
  if (between.length === 0) return;
  const hadEnded = own.end !== undefined && start.on.lo - own.end.hi > NO_REFILL_AFTER;
  if (hadEnded) changed(start, between, 'begun again after another drug of this kind', asked, tally);
  else if (fitIn(start.on, asked.window) === 'inside')
    tally.lead(
      chartedItem(start.ref, start.on, asked),
      'begun again, or refilled, after another drug of this kind',
      true,
    );
}

function changed(start: Start, earlier: readonly Start[], why: string, asked: Asked, tally: Tally): void {
  const item = chartedItem(start.ref, start.on, asked);
  const where = fitIn(start.on, asked.window);
  if (where === 'inside') {
    tally.pro(item, why);
    for (const d of earlier) tally.pro({ ...item, ref: d.ref, date: d.on }, 'the drug before it');
  } else if (where !== 'future') tally.lead(item, 'outside of the time window', where === 'unclear');
}
