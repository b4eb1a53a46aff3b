import { randomInt } from 'node:crypto';
import type { PrefetchKeys } from '../bodies.ts';
import type { SigningEhr } from '../signed-calls.ts';
import { type Case, callBody, type Way } from './cases.ts';
import { FAULTS, type FaultyFhir } from './faulty-fhir.ts';
import type { Findings } from './findings.ts';
import { hostileCalls } from './hostile-calls.ts';

const SECTIONS = ['Condition', 'Procedure', 'Observation', 'Encounter', 'MedicationRequest', 'DiagnosticReport'];
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
const pathOf = (hook: (typeof HOOKS)[number]): string => `/cds-services/spine-imaging-${hook}`;

interface Card {
  readonly uuid: string;
  readonly extension: Readonly<Record<string, { readonly outcome: string }>>;
}

/** Makes calls of all kinds, and judges the answers. */
export class Caller {
  readonly #base: string;
  readonly #cases: readonly Case[];
  readonly #keys: PrefetchKeys;
  readonly #fhir: FaultyFhir;
  readonly #ehr: SigningEhr;
  readonly #findings: Findings;
  readonly #cards: string[] = [];

  constructor(
    base: string,
    cases: readonly Case[],
    keys: PrefetchKeys,
    fhir: FaultyFhir,
    ehr: SigningEhr,
    findings: Findings,
  ) {
    this.#base = base;
    this.#cases = cases;
    this.#keys = keys;
    this.#fhir = fhir;
    this.#ehr = ehr;
    this.#findings = findings;
  }

  /** One call of a kind by chance. What is wrong goes to the findings. */
  async call(): Promise<void> {
    const dice = randomInt(100);
    try {
      if (dice < 40) await this.#order('prefetch');
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

  /** A call for which nothing is wrong: the outcome is the known one. */
  async #order(way: Way): Promise<void> {
    const chart = randomInt(this.#cases.length);
    const hook = pick(HOOKS);
    this.#findings.count(`${hook}, ${way}`);
    const known = this.#cases[chart];
    const outcome = await this.#outcome(chart, hook, way, this.#fhir.token(chart));
    if (outcome !== known?.outcome) this.#findings.wrong(`${way}: ${known?.id}: ${outcome}, not ${known?.outcome}`);
  }

  /** The FHIR server has a fault: the outcome is the known one, or open. */
  async #withFault(): Promise<void> {
    const chart = randomInt(this.#cases.length);
    const fault = pick(FAULTS);
    const type = pick([undefined, ...SECTIONS]);
    const about = `fault ${fault}, ${type === undefined ? 'everything' : 'one section'}`;
    this.#findings.count(about);
    const known = this.#cases[chart];
    const way = pick<Way>(['token', 'lean']);
    const outcome = await this.#outcome(chart, pick(HOOKS), way, this.#fhir.token(chart, fault, type));
    const allowed = fault === 'slow' ? [known?.outcome] : [known?.outcome, 'undetermined', 'no data'];
    if (!allowed.includes(outcome))
      this.#findings.wrong(`${fault} ${type ?? 'all'}, ${way}: ${known?.id}: ${outcome}, not ${known?.outcome}`);
  }

  async #outcome(chart: number, hook: (typeof HOOKS)[number], way: Way, token: string): Promise<string> {
    const known = this.#cases[chart];
    if (known === undefined) throw new Error('no such chart');
    const body = callBody(known, hook, way, this.#keys, { base: this.#fhir.base, token });
    const answer = await this.#post(pathOf(hook), body, await this.#ehr.header(pathOf(hook)));
    if (answer.status === 412) return 'no data';
    if (answer.status !== 200) return `status ${answer.status}`;
    const [card] = (JSON.parse(answer.text) as { readonly cards: readonly Card[] }).cards;
    if (card === undefined) return 'no card';
    const kept = answer.headers.get('x-decisions') ?? 'unsaid';
    this.#findings.count(`record ${kept}`);
    if (kept === 'stored') this.#findings.acknowledged.add(card.uuid);
    else if (kept === 'pending') this.#findings.pending.add(card.uuid);
    else this.#findings.wrong(`record ${kept}`);
    this.#cards.push(card.uuid);
    if (this.#cards.length > 100) this.#cards.shift();
    return card.extension[EXTENSION]?.outcome ?? 'no assessment';
  }

  async #hostile(): Promise<void> {
    const [known] = this.#cases;
    if (known === undefined) return;
    const good = callBody(known, 'order-select', 'prefetch', this.#keys, { base: this.#fhir.base, token: '' });
    const { what, body, type, status } = pick(hostileCalls(good));
    this.#findings.count('hostile');
    const path = pathOf('order-select');
    const headers = { ...(await this.#ehr.header(path)), 'content-type': type };
    const answer = await this.#post(path, body, headers);
    if (answer.status !== status) this.#findings.wrong(`hostile, ${what}: status ${answer.status}, not ${status}`);
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
