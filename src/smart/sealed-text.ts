import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { isObject, type Json } from '../chart/json.ts';

const KEY_BYTES = 32;
const ENCRYPTED = { alg: 'dir', enc: 'A256GCM' } as const;

/** Seals JSON under a name: it can be opened under that name alone, with one of our secrets. */
export class Sealing {
  readonly #keys: readonly [KeyObject, ...KeyObject[]];

  /**
   * @param purpose sets the keys apart from those of other purposes
   * @param secrets newest first; none = a random one, which a restart forgets
   */
  constructor(purpose: string, secrets: readonly Uint8Array[]) {
    const keyOf = (secret: Uint8Array): KeyObject =>
      createSecretKey(new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), purpose, KEY_BYTES)));
    const [newest = randomBytes(KEY_BYTES), ...older] = secrets;
    this.#keys = [keyOf(newest), ...older.map(keyOf)];
  }

  seal(name: string, content: unknown): Promise<string> {
    const plain = Buffer.from(JSON.stringify({ name, content }));
    return new CompactEncrypt(plain).setProtectedHeader(ENCRYPTED).encrypt(this.#keys[0]);
  }

  /** @returns undefined when it was sealed with another secret or under another name, or was changed */
  async open(name: string, sealed: string): Promise<Json | undefined> {
    for (const key of this.#keys) {
      try {
        const { plaintext } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: [ENCRYPTED.alg],
          contentEncryptionAlgorithms: [ENCRYPTED.enc],
        });
        const opened: unknown = JSON.parse(Buffer.from(plaintext).toString('utf8'));
        if (isObject(opened) && opened['name'] === name && isObject(opened['content'])) return opened['content'];
      } catch {
        // sealed with another secret: the next one is tried
      }
    }
    return undefined;
  }
}
