import { randomInt, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { COVERAGE_INFORMATION } from '../../src/crd/coverage-information.ts';
import type { Checker } from '../../src/criteria-check/order-check.ts';
import type { Calling } from './calling.ts';
import { type Assessed, type Case, callBody, mismatch, PAYER_IDS, type Way } from './cases.ts';
import { FAULTS } from './faulty-fhir.ts';
import { hostileCalls } from './hostile-calls.ts';

/** Hooks of payer mode that a case can be asked under. */
const CRD_HOOKS = ['order-sign', 'order-select'] as const;
type Hook = (typeof CRD_HOOKS)[number];
const pathOf = (hook: Hook): string => `/crd/cds-services/spine-imaging-crd-${hook}`;

/** Settings of payer mode for every payer of the cases, as a file. */
export function payerModeFile(folder: string, { knowledge }: Checker): string {
  const file = join(folder, 'crd.yaml');
  const payers = knowledge.payers.payers.map(({ id, name }) => ({
    payer: id,
    label: name.slice(0, 80),
    identifiers: [{ system: PAYER_IDS, value: id }],
    benefits: [{ covered: 'covered', reason: 'a benefit' }],
    'prior-authorization': [{ need: 'auth-needed', reason: 'the list' }],
  }));
  writeFileSync(file, stringify({ payers }));
  return file;
}

interface Part {
  readonly url: string;
  readonly valueCode?: string;
  readonly valueString?: string;
  readonly valueCodeableConcept?: { readonly text: string };
}
interface Answer {
  readonly systemActions?: readonly {
    readonly resource: {
      readonly extension?: readonly { readonly url: string; readonly extension: readonly Part[] }[];
    };
  }[];
}
/** A record of payer mode, as administrators read it. */
interface Recorded {
  readonly reason: string | null;
  readonly result: Assessed;
}

/** What must stand in a statement for an outcome. */
function unfit(said: readonly Part[], { outcome, reason }: Assessed, hook: Hook): string | undefined {
  const codes = (url: string): string => said.flatMap((p) => (p.url === url ? [p.valueCode] : [])).join();
  const words = said.flatMap((p) => p.valueCodeableConcept?.text ?? []).join(' ');
  if (codes('covered') !== 'covered') return `covered ${codes('covered')}`;
  if (hook === 'order-select' && codes('doc-needed') !== '') return 'order-select asks for documents';
  const need = codes('pa-needed');
  if (outcome === 'not-required') return need === 'no-auth' ? undefined : `not-required, but ${need}`;
  if (need !== 'auth-needed' && need !== 'conditional') return `${outcome}, but ${need}`;
  if (outcome === 'met' && !words.includes('not an approval')) return 'met, but no word that it is no approval';
  if (outcome === 'not-met' && !words.includes('A reviewer of the plan decides')) return 'not-met, but no reviewer';
  if (reason === 'data-unavailable' && need !== 'conditional' && !words.includes('could not be evaluated'))
    return 'not read, but not said so';
  return undefined;
}

/** Makes calls of payer mode, and judges the answers by their records. */
export class PayerModeCaller {
  readonly #with: Calling;
  readonly #admin: string;

  /** @param admin the token of administrators, for the records */
  constructor(calling: Calling, admin: string) {
    this.#with = calling;
    this.#admin = admin;
  }

  /** One call of a kind by chance. What is wrong goes to the findings. */
  async call(): Promise<void> {
    const dice = randomInt(100);
    const hook = CRD_HOOKS[randomInt(CRD_HOOKS.length)] as Hook;
    if (dice < 10) return this.#hostile();
    if (dice < 70) return this.#order(hook, (['prefetch', 'token', 'lean'] as const)[randomInt(3)] as Way);
    const fault = FAULTS[randomInt(FAULTS.length)] as (typeof FAULTS)[number];
    const types = [undefined, 'Coverage', 'Patient', 'Condition', 'Procedure', 'MedicationRequest', 'Encounter'];
    return this.#order(hook, 'token', fault, types[randomInt(types.length)]);
  }

  async #post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ): Promise<{ readonly status: number; readonly text: string; readonly kept: string; readonly id: string }> {
    const headers = { ...(await this.#with.ehr.header(path)), 'content-type': type };
    const response = await fetch(this.#with.base + path, { method: 'POST', headers, body });
    const kept = response.headers.get('x-decisions') ?? 'unsaid';
    return {
      status: response.status,
      text: await response.text(),
      kept,
      id: response.headers.get('x-request-id') ?? '',
    };
  }

  async #order(hook: Hook, way: Way, fault?: (typeof FAULTS)[number], type?: string): Promise<void> {
    const about = `payer mode, ${fault === undefined ? way : `fault ${fault}, ${type ?? 'everything'}`}`;
    this.#with.findings.count(fault === undefined ? `payer mode, ${hook}, ${way}` : `payer mode, fault ${fault}`);
    const chart = randomInt(this.#with.cases.length);
    const known = this.#with.cases[chart];
    if (known === undefined) throw new Error('no such chart');
    const access = { base: this.#with.fhir.base, token: this.#with.fhir.token(chart, fault, type) };
    const answer = await this.#post(
      pathOf(hook),
      callBody(known, hook, way, this.#with.keys, access, 'crd', randomUUID()),
    );
    const wrong = (what: string): void => this.#with.findings.wrong(`${about}: ${known.id}: ${what}`);
    this.#keep(answer, wrong);
    if (answer.status === 400 && answer.text.includes('"incomplete"') && way !== 'prefetch')
      return this.#with.findings.count(
        `payer mode, coverage not ${fault === undefined ? 'read in time' : 'to be had'}`,
      );
    if (answer.status !== 200) return wrong(`status ${answer.status} ${answer.text.slice(0, 200)}`);
    const [action] = (JSON.parse(answer.text) as Answer).systemActions ?? [];
    const [said] = (action?.resource.extension ?? []).filter((e) => e.url === COVERAGE_INFORMATION);
    const assertion = said?.extension.find((p) => p.url === 'coverage-assertion-id')?.valueString;
    if (said === undefined || assertion === undefined) return wrong('no coverage-information');
    if (answer.kept === 'stored') this.#with.findings.acknowledged.add(assertion);
    else this.#with.findings.pending.add(assertion);
    if (answer.kept === 'stored') await this.#judge(known, hook, said.extension, assertion, fault !== undefined, wrong);
  }

  /** Compares what was said, and the outcome on record, with the known one. */
  async #judge(
    known: Case,
    hook: Hook,
    said: readonly Part[],
    assertion: string,
    faulty: boolean,
    wrong: (what: string) => void,
  ): Promise<void> {
    const record = await fetch(`${this.#with.base}/decisions/${assertion}`, {
      headers: { authorization: `Bearer ${this.#admin}` },
    });
    if (record.status === 503) return this.#with.findings.count('payer mode, a record not read: the store is locked');
    if (record.status !== 200) return wrong(`its record: status ${record.status}`);
    const { reason, result } = (await record.json()) as Recorded;
    if (reason === 'technical' || reason === 'not-governed')
      return this.#with.findings.count(`payer mode, not checked: ${reason}`);
    const { words, unseen } = mismatch(known, result, this.#with.checker);
    if (words !== undefined) wrong(words);
    if (unseen) this.#with.findings.count(`payer mode, not ${faulty ? 'seen whole' : 'read in time'}, and said so`);
    const misfit = unfit(said, result, hook);
    if (misfit !== undefined) wrong(misfit);
  }

  #keep({ kept, id }: { readonly kept: string; readonly id: string }, wrong: (what: string) => void): void {
    this.#with.findings.count(`payer mode, call ${kept}`);
    if (kept === 'stored' || kept === 'pending') this.#with.findings.calls.add(id);
    else wrong(`call ${kept}`);
  }

  async #hostile(): Promise<void> {
    const [known] = this.#with.cases;
    if (known === undefined) return;
    const access = { base: this.#with.fhir.base, token: this.#with.fhir.token(0) };
    const good = callBody(known, 'order-select', 'prefetch', this.#with.keys, access, 'crd', randomUUID());
    const all = hostileCalls(good);
    const { what, body, type, statuses } = all[randomInt(all.length)] as (typeof all)[number];
    this.#with.findings.count('payer mode, hostile');
    const answer = await this.#post(pathOf('order-select'), body, type);
    if (!statuses.includes(answer.status)) this.#with.findings.wrong(`payer mode, ${what}: status ${answer.status}`);
  }
}
