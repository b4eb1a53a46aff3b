import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { isObject, type Json } from '../chart/json.ts';

/** What answers belong to. */
export interface AnswersOf {
  /** FHIR base of the EHR */
  readonly base: string;
  readonly patientId: string;
  /** "ServiceRequest/x" */
  readonly order: string;
}

/** One row as it is kept: neither key nor content tells whose it is. */
export interface AnswerRow {
  readonly key: string;
  readonly sealed: string;
  /** ISO 8601 instant */
  readonly expires: string;
}

/** Where rows are kept. Every method rejects when the store fails. */
export interface AnswerRows {
  /**
   * Keeps a row in the place of an earlier one with the same key.
   * @param instead the sealed content of that one, which may have another one by now; undefined: there was none
   * @param now ISO 8601 instant: a row that has expired counts as none
   * @returns false when something else is kept there: nothing was changed
   */
  keepAnswers(row: AnswerRow, instead: string | undefined, now: string): Promise<boolean>;
  /** The rows of some keys that have not expired. @param now ISO 8601 instant */
  answersOf(keys: readonly string[], now: string): Promise<readonly AnswerRow[]>;
  /** Removes expired rows. @returns how many */
  purgeAnswers(now: string): Promise<number>;
}

/** The answers of one order as they were read, and what tells a later state of them apart. */
export interface ReadAnswers {
  readonly answers: readonly Json[];
  readonly version: string | undefined;
}

/** Answers that an EHR does not take, kept here for a while. */
export interface AnswerStore {
  /**
   * Keeps the answers to the forms of one order, in the place of those that were read before.
   * @returns false when somebody has kept others meanwhile: nothing was changed
   */
  keep(of: AnswersOf, answers: readonly Json[], instead: ReadAnswers): Promise<boolean>;
  /** The answers kept for one order, to be replaced. */
  read(of: AnswersOf): Promise<ReadAnswers>;
  /** The answers kept for some orders of a patient. */
  answers(of: readonly AnswersOf[]): Promise<readonly Json[]>;
}

const KEY_BYTES = 32;
const DAY_MS = 86_400_000;
const ENCRYPTED = { alg: 'dir', enc: 'A256GCM' } as const;

interface Keys {
  /** for the keys of rows */
  readonly naming: Uint8Array;
  readonly encryption: Uint8Array;
}

function keysOf(secret: Uint8Array): Keys {
  const derived = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `answer store: ${purpose}`, KEY_BYTES));
  return { naming: derived('naming'), encryption: derived('encryption') };
}

const nameOf = ({ base, patientId, order }: AnswersOf, { naming }: Keys): string =>
  createHmac('sha256', naming)
    .update(JSON.stringify([base, patientId, order]))
    .digest('base64url');

/**
 * Keeps answers encrypted: without the secret the rows tell neither whose they are nor what they say.
 * @param secrets newest first; none = a random one, so that a restart forgets what was kept
 */
export class SealedAnswers implements AnswerStore {
  readonly #rows: AnswerRows;
  readonly #keys: readonly [Keys, ...Keys[]];
  readonly #keptMs: number;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(rows: AnswerRows, secrets: readonly Uint8Array[], keepDays: number, now: () => number = Date.now) {
    const [newest = randomBytes(KEY_BYTES), ...older] = secrets;
    this.#rows = rows;
    this.#keys = [keysOf(newest), ...older.map(keysOf)];
    this.#keptMs = keepDays * DAY_MS;
    this.#now = now;
  }

  async keep(of: AnswersOf, answers: readonly Json[], instead: ReadAnswers): Promise<boolean> {
    const [keys] = this.#keys;
    const key = nameOf(of, keys);
    const content = Buffer.from(JSON.stringify({ key, answers }));
    const sealed = await new CompactEncrypt(content).setProtectedHeader(ENCRYPTED).encrypt(keys.encryption);
    const now = this.#now();
    const row = { key, sealed, expires: new Date(now + this.#keptMs).toISOString() };
    return this.#rows.keepAnswers(row, instead.version, new Date(now).toISOString());
  }

  async read(of: AnswersOf): Promise<ReadAnswers> {
    const key = nameOf(of, this.#keys[0]);
    const rows = await this.#rows.answersOf([key], new Date(this.#now()).toISOString());
    // only the newest key's row is ever replaced; what older secrets sealed is read, and gives way to it
    return { answers: await this.answers([of]), version: rows.find((r) => r.key === key)?.sealed };
  }

  async answers(of: readonly AnswersOf[]): Promise<readonly Json[]> {
    const wanted = new Map(of.flatMap((o) => this.#keys.map((keys) => [nameOf(o, keys), { order: o, keys }] as const)));
    if (wanted.size === 0) return [];
    const rows = await this.#rows.answersOf([...wanted.keys()], new Date(this.#now()).toISOString());
    const newest = new Map<string, { readonly expires: string; readonly answers: readonly Json[] }>();
    for (const row of rows) {
      const { order, keys } = wanted.get(row.key) ?? {};
      if (order === undefined || keys === undefined) continue;
      const answers = await open(row, keys);
      const before = newest.get(order.order);
      if (answers !== undefined && (before === undefined || before.expires < row.expires))
        newest.set(order.order, { expires: row.expires, answers });
    }
    return [...newest.values()].flatMap((n) => n.answers);
  }
}

/** The answers of a row; none when it was not sealed with this key, or belongs to another row. */
async function open(row: AnswerRow, { encryption }: Keys): Promise<readonly Json[] | undefined> {
  try {
    const { plaintext } = await compactDecrypt(row.sealed, encryption, {
      keyManagementAlgorithms: [ENCRYPTED.alg],
      contentEncryptionAlgorithms: [ENCRYPTED.enc],
    });
    const content: unknown = JSON.parse(Buffer.from(plaintext).toString('utf8'));
    if (!isObject(content) || content['key'] !== row.key || !Array.isArray(content['answers'])) return undefined;
    return content['answers'].filter(isObject);
  } catch {
    return undefined;
  }
}
