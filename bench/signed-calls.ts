import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { stringify } from 'yaml';
import { PATH } from './load.ts';

const ISSUER = 'https://ehr.example.org';
const PUBLIC_URL = 'https://cds.example.org';
const ALGORITHM = 'ES384';

/** A registered EHR that signs its calls. */
export interface SigningEhr {
  /** settings with which a service demands its signature */
  readonly settings: Readonly<Record<string, string>>;
  /** the header of one call, with a token of its own. @param path the endpoint that it is for */
  header(path: string): Promise<Readonly<Record<string, string>>>;
  /** those of so many calls of order-select */
  headers(count: number): Promise<readonly Readonly<Record<string, string>>[]>;
  /** removes its registry */
  forget(): void;
}

/** Registers an EHR with an ES384 key, in a registry of its own. @param entry further members of its entry */
export async function signingEhr(entry: Readonly<Record<string, unknown>> = {}): Promise<SigningEhr> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const kid = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), 'bench-registry-'));
  mkdirSync(join(folder, 'ehrs'));
  const keys = [{ ...(await exportJWK(publicKey)), kid, alg: ALGORITHM }];
  const ehr = { ehr: 'bench', name: 'Bench', issuers: [{ iss: ISSUER, keys }], ...entry };
  writeFileSync(join(folder, 'ehrs', 'bench.yaml'), stringify(ehr));
  const sign = async (path: string): Promise<Readonly<Record<string, string>>> => {
    const token = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(PUBLIC_URL + path)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    return { authorization: `Bearer ${token}` };
  };
  return {
    settings: { NODE_ENV: 'production', PUBLIC_URL, RATE_LIMIT: '0', SMART_CONFIG: folder },
    header: sign,
    headers: (count) => Promise.all(Array.from({ length: count }, () => sign(PATH))),
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}
