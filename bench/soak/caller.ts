import { randomInt } from 'node:crypto';
import { SECTIONS } from '../../src/chart/sections.ts';
import type { Calling } from './calling.ts';
import { type Assessed, callBody, mismatch, outcomeWithout, type Unseen, type Way } from './cases.ts';
import { FAULTS } from './faulty-fhir.ts';
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
  readonly #with: Calling;
  readonly #payerMode: PayerModeCaller;
  readonly #cards: string[] = [];

  constructor(calling: Calling, payerMode: PayerModeCaller) {
    this.#with = calling;
    this.#payerMode = payerMode;
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
      this.#with.findings.wrong(`no answer: ${error instanceof Error ? String(error.cause ?? error) : String(error)}`);
    }
  }

  async #post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
    const all = { 'content-type': 'application/json', ...headers };
    const response = await fetch(this.#with.base + path, { method: 'POST', headers: all, body });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** A call for which nothing is wrong. */
  async #order(way: Way): Promise<void> {
    const hook = pick(HOOKS);
    this.#with.findings.count(`${hook}, ${way}`);
    const chart = randomInt(this.#with.cases.length);
    await this.#judge(chart, hook, way, this.#with.fhir.token(chart), way);
  }

  /** The FHIR server has a fault. */
  async #withFault(): Promise<void> {
    const fault = pick(FAULTS);
    const type = pick([undefined, ...SECTIONS]);
    this.#with.findings.count(`fault ${fault}, ${type === undefined ? 'everything' : 'one section'}`);
    const chart = randomInt(this.#with.cases.length);
    const token = this.#with.fhir.token(chart, fault, type);
    await this.#judge(chart, pick(HOOKS), pick<Way>(['token', 'lean']), token, `${fault} ${type ?? 'everything'}`);
  }

  /**
   * Makes a call and compares the outcome with the known one; where the answer says that sections were not seen, with the
   * one that the rest of the chart gives.
   */
  async #judge(chart: number, hook: Hook, way: Way, token: string, about: string): Promise<void> {
    const known = this.#with.cases[chart];
    if (known === undefined) throw new Error('no such chart');
    const body = callBody(known, hook, way, this.#with.keys, { base: this.#with.fhir.base, token });
    const answer = await this.#post(pathOf(hook), body, await this.#with.ehr.header(pathOf(hook)));
    const wrong = (what: string): void => this.#with.findings.wrong(`${about}, ${way}: ${known.id}: ${what}`);
    if (answer.status === 412 && way === 'token' && token.endsWith('.'))
      this.#with.findings.count('412, nothing to be had');
    else if (answer.status !== 200) wrong(`status ${answer.status}`);
    else {
      const [card] = (JSON.parse(answer.text) as { readonly cards: readonly Card[] }).cards;
      const found = card?.extension[EXTENSION];
      if (card === undefined) {
        // A study that is governed only when the chart speaks of something has no card when that cannot be seen.
        const mayBe = way !== 'prefetch' && outcomeWithout(known, NOTHING_SEEN, this.#with.checker) === 'no card';
        if (!mayBe) wrong('no card');
        return;
      }
      if (found === undefined) return wrong('no assessment');
      this.#keep(card, answer.headers.get('x-decisions') ?? 'unsaid');
      const { words, unseen } = mismatch(known, found, this.#with.checker);
      if (unseen) this.#with.findings.count(way === about ? 'not read in time' : 'not seen whole, and said so');
      if (words !== undefined) wrong(words);
    }
  }

  #keep(card: Card, kept: string): void {
    this.#with.findings.count(`record ${kept}`);
    if (kept === 'stored') this.#with.findings.acknowledged.add(card.uuid);
    else if (kept === 'pending') this.#with.findings.pending.add(card.uuid);
    else this.#with.findings.wrong(`record ${kept}`);
    this.#cards.push(card.uuid);
    if (this.#cards.length > 100) this.#cards.shift();
  }

  async #hostile(): Promise<void> {
    const [known] = this.#with.cases;
    if (known === undefined) return;
    const good = callBody(known, 'order-select', 'prefetch', this.#with.keys, {
      base: this.#with.fhir.base,
      token: '',
    });
    const { what, body, type, statuses } = pick(hostileCalls(good));
    this.#with.findings.count('hostile');
    const path = pathOf('order-select');
    const headers = { ...(await this.#with.ehr.header(path)), 'content-type': type };
    const answer = await this.#post(path, body, headers);
    if (!statuses.includes(answer.status)) this.#with.findings.wrong(`hostile, ${what}: status ${answer.status}`);
  }

  /** A token that was used, and none. */
  async #replayed(): Promise<void> {
    this.#with.findings.count('used token, no token');
    const path = pathOf('order-select');
    const header = await this.#with.ehr.header(path);
    const statuses: number[] = [];
    for (const headers of [header, header, {}]) statuses.push((await this.#post(path, '{}', headers)).status);
    if (statuses.join() !== '400,401,401') this.#with.findings.wrong(`used token, no token: ${statuses.join()}`);
  }

  async #feedback(): Promise<void> {
    const card = this.#cards.at(-1);
    if (card === undefined) return;
    this.#with.findings.count('feedback');
    const path = `${pathOf('order-select')}/feedback`;
    const entry = { card, outcome: 'overridden', outcomeTimestamp: new Date().toISOString() };
    const answer = await this.#post(path, JSON.stringify({ feedback: [entry] }), await this.#with.ehr.header(path));
    if (answer.status !== 200) this.#with.findings.wrong(`feedback: status ${answer.status}`);
  }

  async #page(): Promise<void> {
    const path = pick(PAGES);
    this.#with.findings.count('pages');
    const response = await fetch(this.#with.base + path);
    await response.text();
    if (response.status !== 200) this.#with.findings.wrong(`${path}: status ${response.status}`);
  }
}
