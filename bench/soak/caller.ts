import { randomInt } from 'node:crypto';
import { SECTIONS } from '../../src/chart/sections.ts';
import type { Checker } from '../../src/criteria-check/check-order.ts';
import type { PrefetchKeys } from '../bodies.ts';
import type { SigningEhr } from '../signed-calls.ts';
import { type Assessed, type Case, callBody, mismatch, outcomeWithout, type Unseen, type Way } from './cases.ts';
import { FAULTS, type FaultyFhir } from './faulty-fhir.ts';
import type { Findings } from './findings.ts';
import { hostileCalls } from './hostile-calls.ts';
import type { PayerModeCaller } from './payer-mode.ts';

const PAGES = [
  '/policies',
  '/policies/kaiser-wa-lumbar-mri',
  '/policies/cigna-evicore-spine',
  '/cds-services',
  '/metrics',
];
const EXTENSION = 'org.payer-policy-cds.assessment';
const HOOKS = ['order-select', 'order-sign'] as const;

const pick = <T>(of: readonly [T, ...T[]] | readonly T[]): T => of[randomInt(of.length)] as T;
const pathOf = (hook: Hook): string => `/cds-services/spine-imaging-${hook}`;

interface Card {
  readonly uuid: string;
  readonly extension: Readonly<Record<string, Assessed>>;
}
type Hook = (typeof HOOKS)[number];

/** A chart of which nothing could be read. */
const NOTHING_SEEN: Unseen = SECTIONS.map((section) => ({ section, state: 'failed' }));

/** Makes calls of all kinds, and judges the answers. */
export class Caller {
  readonly #base: string;
  readonly #cases: readonly Case[];
  readonly #keys: PrefetchKeys;
  readonly #fhir: FaultyFhir;
  readonly #ehr: SigningEhr;
  readonly #findings: Findings;
  readonly #checker: Checker;
  readonly #payerMode: PayerModeCaller;
  readonly #cards: string[] = [];

  constructor(
    base: string,
    cases: readonly Case[],
    keys: PrefetchKeys,
    fhir: FaultyFhir,
    ehr: SigningEhr,
    findings: Findings,
    checker: Checker,
    payerMode: PayerModeCaller,
  ) {
    this.#payerMode = payerMode;
    this.#base = base;
    this.#cases = cases;
    this.#keys = keys;
    this.#fhir = fhir;
    this.#ehr = ehr;
    this.#findings = findings;
    this.#checker = checker;
  }

  /** One call of a kind by chance, a third of them of payer mode. What is wrong goes to the findings. */
  async call(): Promise<void> {
    const dice = randomInt(100);
    try {
      if (randomInt(3) === 0) await this.#payerMode.call();
      else if (dice < 40) await this.#order('prefetch');
      else if (dice < 55) await this.#order('token');
      else if (dice < 65) await this.#order('lean');
      else if (dice < 80) await this.#withFault();
      else if (dice < 88) await this.#hostile();
      else if (dice < 94) await this.#feedback();
      else if (dice < 96) await this.#replayed();
      else await this.#page();
    } catch (error) {
      this.#findings.wrong(`no answer: ${error instanceof Error ? String(error.cause ?? error) : String(error)}`);
    }
  }

  async #post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
    const all = { 'content-type': 'application/json', ...headers };
    const response = await fetch(this.#base + path, { method: 'POST', headers: all, body });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** A call for which nothing is wrong. */
  async #order(way: Way): Promise<void> {
    const hook = pick(HOOKS);
    this.#findings.count(`${hook}, ${way}`);
    const chart = randomInt(this.#cases.length);
    await this.#judge(chart, hook, way, this.#fhir.token(chart), way);
  }

  /** The FHIR server has a fault. */
  async #withFault(): Promise<void> {
    const fault = pick(FAULTS);
    const type = pick([undefined, ...SECTIONS]);
    this.#findings.count(`fault ${fault}, ${type === undefined ? 'everything' : 'one section'}`);
    const chart = randomInt(this.#cases.length);
    const token = this.#fhir.token(chart, fault, type);
    await this.#judge(chart, pick(HOOKS), pick<Way>(['token', 'lean']), token, `${fault} ${type ?? 'everything'}`);
  }

  /**
   * Makes a call and compares the outcome with the known one; where the answer says that sections were not seen, with the
   * one that the rest of the chart gives.
   */
  async #judge(chart: number, hook: Hook, way: Way, token: string, about: string): Promise<void> {
    const known = this.#cases[chart];
    if (known === undefined) throw new Error('no such chart');
    const body = callBody(known, hook, way, this.#keys, { base: this.#fhir.base, token });
    const answer = await this.#post(pathOf(hook), body, await this.#ehr.header(pathOf(hook)));
    const wrong = (what: string): void => this.#findings.wrong(`${about}, ${way}: ${known.id}: ${what}`);
    if (answer.status === 412 && way === 'token' && token.endsWith('.')) this.#findings.count('412, nothing to be had');
    else if (answer.status !== 200) wrong(`status ${answer.status}`);
    else {
      const [card] = (JSON.parse(answer.text) as { readonly cards: readonly Card[] }).cards;
      const found = card?.extension[EXTENSION];
      if (card === undefined) {
        // A study that is governed only when the chart speaks of something has no card when that cannot be seen.
        const mayBe = way !== 'prefetch' && outcomeWithout(known, NOTHING_SEEN, this.#checker) === 'no card';
        if (!mayBe) wrong('no card');
        return;
      }
      if (found === undefined) return wrong('no assessment');
      this.#keep(card, answer.headers.get('x-decisions') ?? 'unsaid');
      const { words, unseen } = mismatch(known, found, this.#checker);
      if (unseen) this.#findings.count(way === about ? 'not read in time' : 'not seen whole, and said so');
      if (words !== undefined) wrong(words);
    }
  }

  #keep(card: Card, kept: string): void {
    this.#findings.count(`record ${kept}`);
    if (kept === 'stored') this.#findings.acknowledged.add(card.uuid);
    else if (kept === 'pending') this.#findings.pending.add(card.uuid);
    else this.#findings.wrong(`record ${kept}`);
    this.#cards.push(card.uuid);
    if (this.#cards.length > 100) this.#cards.shift();
  }

  async #hostile(): Promise<void> {
    const [known] = this.#cases;
    if (known === undefined) return;
    const good = callBody(known, 'order-select', 'prefetch', this.#keys, { base: this.#fhir.base, token: '' });
    const { what, body, type, statuses } = pick(hostileCalls(good));
    this.#findings.count('hostile');
    const path = pathOf('order-select');
    const headers = { ...(await this.#ehr.header(path)), 'content-type': type };
    const answer = await this.#post(path, body, headers);
    if (!statuses.includes(answer.status)) this.#findings.wrong(`hostile, ${what}: status ${answer.status}`);
  }

  /** A token that was used, and none. */
  async #replayed(): Promise<void> {
    this.#findings.count('used token, no token');
    const path = pathOf('order-select');
    const header = await this.#ehr.header(path);
    const statuses: number[] = [];
    for (const headers of [header, header, {}]) statuses.push((await this.#post(path, '{}', headers)).status);
    if (statuses.join() !== '400,401,401') this.#findings.wrong(`used token, no token: ${statuses.join()}`);
  }

  async #feedback(): Promise<void> {
    const card = this.#cards.at(-1);
    if (card === undefined) return;
    this.#findings.count('feedback');
    const path = `${pathOf('order-select')}/feedback`;
    const entry = { card, outcome: 'overridden', outcomeTimestamp: new Date().toISOString() };
    const answer = await this.#post(path, JSON.stringify({ feedback: [entry] }), await this.#ehr.header(path));
    if (answer.status !== 200) this.#findings.wrong(`feedback: status ${answer.status}`);
  }

  async #page(): Promise<void> {
    const path = pick(PAGES);
    this.#findings.count('pages');
    const response = await fetch(this.#base + path);
    await response.text();
    if (response.status !== 200) this.#findings.wrong(`${path}: status ${response.status}`);
  }
}
