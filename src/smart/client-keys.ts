import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type KeyPairKeyObjectResult,
  randomUUID,
} from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type JSONWebKeySet, type JWK, SignJWT } from 'jose';
import { isObject, text } from '../chart/json.ts';
import { InvalidFileError } from '../yaml/yaml-file.ts';

/** The algorithms that SMART servers have to know (SMART App Launch 2.2, "Client Authentication: Asymmetric"). */
type Algorithm = 'ES384' | 'RS384';

/** One of our own private keys. */
export interface ClientKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
  /** epoch milliseconds from which it signs; it is published before */
  readonly from: number;
}

const LIFETIME_SECONDS = 240;
const LEAST_RSA_BITS = 2048;
const KEY_FILE = /^(\d{4}-\d{2}-\d{2})[\w.-]*\.(json|jwk|pem)$/;

/** The members that make up a JWK's thumbprint (RFC 7638), in order. */
const THUMBPRINT = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] } as const;

function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const members = jwk['kty'] === 'RSA' ? THUMBPRINT.RSA : THUMBPRINT.EC;
  const canonical = JSON.stringify(Object.fromEntries(members.map((m) => [m, jwk[m]])));
  return createHash('sha256').update(canonical).digest('base64url');
}

function algorithmOf(key: KeyObject): Algorithm | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'secp384r1') return 'ES384';
  if (key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= LEAST_RSA_BITS) return 'RS384';
  return undefined;
}

/** @returns undefined for a key that no SMART server has to understand */
function clientKey(privateKey: KeyObject, kid: string | undefined, from: number): ClientKey | undefined {
  const algorithm = algorithmOf(privateKey);
  if (algorithm === undefined) return undefined;
  const bare = createPublicKey(privateKey).export({ format: 'jwk' });
  const id = kid ?? thumbprint(bare);
  return { kid: id, algorithm, privateKey, from, publicJwk: { ...bare, kid: id, alg: algorithm, use: 'sig' } };
}

const EXPECTED = 'expected a private key: EC P-384 (ES384) or RSA of at least 2048 bits (RS384)';

/** Reads a private key from a JWK or a PEM text. @throws Error saying what is expected, never what was given */
function readKey(content: string, from: number): ClientKey {
  let key: ClientKey | undefined;
  try {
    if (content.trimStart().startsWith('{')) {
      const jwk: unknown = JSON.parse(content);
      if (isObject(jwk)) key = clientKey(createPrivateKey({ key: jwk, format: 'jwk' }), text(jwk['kid']), from);
    } else key = clientKey(createPrivateKey(content), undefined, from);
  } catch {
    throw new Error(EXPECTED);
  }
  if (key === undefined) throw new Error(EXPECTED);
  return key;
}

/**
 * Reads the private keys of a folder. A file's name begins with the date from which its key signs: a key of the future is
 * published, so that EHRs know it by then.
 * @throws InvalidFileError
 */
export function readKeyFolder(folder: string): readonly ClientKey[] {
  if (!existsSync(folder)) return [];
  const problems: string[] = [];
  const keys = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      const from = Date.parse(`${KEY_FILE.exec(name)?.[1]}T00:00:00Z`);
      if (Number.isNaN(from)) {
        problems.push(`${file}:1:1 expected a name that begins with a date, e.g. "2026-03-01-es384.json"`);
        return [];
      }
      try {
        return [readKey(readFileSync(file, 'utf8'), from)];
      } catch (error) {
        problems.push(`${file}:1:1 ${error instanceof Error ? error.message : EXPECTED}`);
        return [];
      }
    });
  const twice = keys.find((k, i) => keys.findIndex((other) => other.kid === k.kid) !== i);
  if (twice !== undefined) problems.push(`${folder}:1:1 two keys have the kid "${twice.kid}"`);
  if (problems.length > 0) throw new InvalidFileError(problems);
  return keys;
}

/**
 * Reads private keys from a setting: a JWK set, oldest first.
 * @throws Error saying what is expected
 */
export function readKeySetting(setting: string): readonly ClientKey[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(setting);
  } catch {
    parsed = undefined;
  }
  const keys = isObject(parsed) ? parsed['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('expected a JWK set with private keys');
  return keys.map((k, i) => readKey(JSON.stringify(k), i));
}

const generate = promisify(generateKeyPair) as (
  type: 'ec' | 'rsa',
  options: { namedCurve: string } | { modulusLength: number },
) => Promise<KeyPairKeyObjectResult>;

/** New keys, one for each algorithm. */
export async function generateKeys(): Promise<readonly ClientKey[]> {
  const pairs = await Promise.all([
    generate('rsa', { modulusLength: LEAST_RSA_BITS }),
    generate('ec', { namedCurve: 'P-384' }),
  ]);
  return pairs.flatMap((p) => clientKey(p.privateKey, undefined, 0) ?? []);
}

/** Our keys: all are published, the newest that an EHR understands signs. */
export class ClientKeys {
  readonly #load: () => Promise<readonly ClientKey[]>;
  readonly #now: () => number;
  #loaded: Promise<readonly ClientKey[]> | undefined;

  /** @param load called once, when a key is needed first @param now epoch milliseconds */
  constructor(load: () => Promise<readonly ClientKey[]>, now: () => number = Date.now) {
    this.#load = load;
    this.#now = now;
  }

  #keys(): Promise<readonly ClientKey[]> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  /** The public keys, for EHRs. */
  async publicKeys(): Promise<JSONWebKeySet> {
    return { keys: (await this.#keys()).map((k) => k.publicJwk) };
  }

  /** The newest key that signs by now. @param algorithms those that the EHR takes; any when it does not say */
  async #signing(algorithms: readonly string[] | undefined): Promise<ClientKey> {
    const keys = (await this.#keys()).filter((k) => k.from <= this.#now());
    const understood = keys.filter((k) => algorithms === undefined || algorithms.includes(k.algorithm));
    const newest = (understood.length > 0 ? understood : keys).reduce<ClientKey | undefined>(
      (best, k) => (best === undefined || k.from >= best.from ? k : best),
      undefined,
    );
    if (newest === undefined) throw new Error('no key signs yet');
    return newest;
  }

  /**
   * Proves who we are to a token endpoint (private_key_jwt).
   * @param audience the token endpoint's URL, exactly as the EHR states it
   */
  async assertion(clientId: string, audience: string, algorithms?: readonly string[]): Promise<string> {
    const { kid, algorithm, privateKey } = await this.#signing(algorithms);
    const issued = Math.floor(this.#now() / 1000);
    return new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(issued)
      .setExpirationTime(issued + LIFETIME_SECONDS)
      .sign(privateKey);
  }
}
