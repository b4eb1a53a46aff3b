import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify } from 'jose';
import * as z from 'zod';
import { isObject, type Json } from '../chart/json.ts';
import { EHR_ID } from '../chart/references.ts';

/** What the link of a card carries to the app: which order, of which patient, at which EHR. */
export interface OrderContext {
  /** FHIR base */
  readonly base: string;
  readonly patientId: string;
  /** the ServiceRequest as the hook received it */
  readonly order: Json;
  /** other service requests of the basket, as far as they are small */
  readonly drafts: readonly Json[];
  /** YYYY-MM-DD: the date of orders that carry none */
  readonly today: string;
  /** epoch seconds */
  readonly expires: number;
}

/** One secret's keys: order contexts are signed with one and encrypted with the other. */
interface SealKey {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

/** The newest secret seals; contexts sealed with an older one can still be opened. */
export interface SealKeys {
  readonly newest: SealKey;
  readonly older: readonly SealKey[];
}

/** How long the link of a card leads to its order. */
export const ORDER_CONTEXT_SECONDS = 24 * 3600;
const KEY_BYTES = 32;
const SIGNED = { alg: 'HS256', typ: 'order-context' } as const;
const ENCRYPTED = { alg: 'dir', enc: 'A256GCM' } as const;
const MOST_TEXT = 200_000;
const COMPACT_JWE = /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/;

const Resource = z.custom<Json>((value) => isObject(value) && value['resourceType'] === 'ServiceRequest');
const Context = z.object({
  base: z.url(),
  patientId: z.string().regex(EHR_ID),
  order: Resource,
  drafts: z.array(Resource),
  today: z.iso.date(),
  expires: z.number(),
});

function sealKey(secret: Uint8Array): SealKey {
  const derived = (purpose: string): KeyObject =>
    createSecretKey(
      new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `order context: ${purpose}`, KEY_BYTES)),
    );
  return { signing: derived('signing'), encryption: derived('encryption') };
}

/**
 * The keys of one or more secrets.
 * @param secrets newest first; none = a random one, which a restart forgets
 */
export function sealKeys(secrets: readonly Uint8Array[] = []): SealKeys {
  const [newest = randomBytes(KEY_BYTES), ...older] = secrets;
  return { newest: sealKey(newest), older: older.map(sealKey) };
}

/** Signs an order context and encrypts it: what the EHR carries in between can be neither read nor changed. */
export async function sealOrder(context: OrderContext, keys: SealKeys): Promise<string> {
  const { signing, encryption } = keys.newest;
  const signed = await new CompactSign(Buffer.from(JSON.stringify(context))).setProtectedHeader(SIGNED).sign(signing);
  return new CompactEncrypt(Buffer.from(signed)).setProtectedHeader(ENCRYPTED).encrypt(encryption);
}

async function openWith(sealed: string, { signing, encryption }: SealKey): Promise<unknown> {
  const { plaintext } = await compactDecrypt(sealed, encryption, {
    keyManagementAlgorithms: [ENCRYPTED.alg],
    contentEncryptionAlgorithms: [ENCRYPTED.enc],
  });
  const { payload, protectedHeader } = await compactVerify(plaintext, signing, { algorithms: [SIGNED.alg] });
  return protectedHeader.typ === SIGNED.typ ? JSON.parse(Buffer.from(payload).toString('utf8')) : undefined;
}

/** Could the text be a sealed order context, by its form? */
export const looksSealed = (text: string): boolean => text.length <= MOST_TEXT && COMPACT_JWE.test(text);

/**
 * Opens a sealed order context.
 * @param now epoch milliseconds
 * @returns undefined when it was not sealed by us, was changed, or has expired
 */
export async function openOrder(sealed: string, keys: SealKeys, now = Date.now()): Promise<OrderContext | undefined> {
  if (!looksSealed(sealed)) return undefined;
  for (const key of [keys.newest, ...keys.older]) {
    const opened = await openWith(sealed, key).catch(() => undefined);
    const parsed = Context.safeParse(opened);
    if (parsed.success) return parsed.data.expires * 1000 > now ? parsed.data : undefined;
  }
  return undefined;
}
