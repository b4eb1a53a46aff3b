import { randomBytes } from 'node:crypto';
import { CompactEncrypt, CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { appContextText, sealedIn } from '../../src/smart/app-context.ts';
import { type OrderContext, openOrder, sealKeys, sealOrder } from '../../src/smart/order-context.ts';

const keys = sealKeys();
const context: OrderContext = {
  base: 'https://ehr.example.org/fhir',
  patientId: 'p1',
  order: { resourceType: 'ServiceRequest', id: 'order-1', reasonCode: [{ text: 'SECRETREASON' }] },
  drafts: [{ resourceType: 'ServiceRequest', id: 'order-2' }],
  today: '2026-03-02',
  expires: Math.floor(Date.now() / 1000) + 60,
};

describe('a sealed order', () => {
  it('opens to what it was', async () => {
    expect(await openOrder(await sealOrder(context, keys), keys)).toEqual(context);
  });

  it('cannot be read', async () => {
    const sealed = await sealOrder(context, keys);
    const readable = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(readable.join(' ')).not.toMatch(/SECRETREASON|p1|ehr\.example/);
    expect(await sealOrder(context, keys)).not.toBe(sealed);
  });

  it('opens with the keys that sealed it alone, older ones included', async () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    const sealed = await sealOrder(context, sealKeys([old]));
    expect(await openOrder(sealed, sealKeys([fresh, old]))).toEqual(context);
    expect(await openOrder(sealed, sealKeys([fresh]))).toBeUndefined();
    expect(await openOrder(await sealOrder(context, sealKeys([fresh, old])), sealKeys([old]))).toBeUndefined();
  });

  it('does not open when it has expired', async () => {
    const sealed = await sealOrder(context, keys);
    expect(await openOrder(sealed, keys, (context.expires + 1) * 1000)).toBeUndefined();
  });

  it('does not open when any part of it was changed', async () => {
    const parts = (await sealOrder(context, keys)).split('.');
    for (const i of [0, 2, 3, 4]) {
      const part = parts[i] ?? '';
      const changed = parts.with(i, `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}`).join('.');
      expect(await openOrder(changed, keys)).toBeUndefined();
    }
  });

  it.each(['', 'x', 'a..b.c.d', 'a.b.c', 'a.b.c.d.e', '.'.repeat(4), 'x'.repeat(300_000)])(
    'is not the text %#',
    async (text) => {
      expect(await openOrder(text, keys)).toBeUndefined();
    },
  );

  it('is not something else that was signed or encrypted with the same keys', async () => {
    const { signing, encryption } = keys.newest;
    const seal = (inside: string) =>
      new CompactEncrypt(Buffer.from(inside)).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(encryption);
    const sign = (payload: unknown, typ: string) =>
      new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ alg: 'HS256', typ }).sign(signing);
    expect(await openOrder(await seal(JSON.stringify(context)), keys)).toBeUndefined();
    expect(await openOrder(await seal(await sign(context, 'other')), keys)).toBeUndefined();
    expect(await openOrder(await seal(await sign({ ...context, order: {} }, 'order-context')), keys)).toBeUndefined();
    expect(await openOrder(await seal(await sign(context, 'order-context')), keys)).toEqual(context);
  });
});

describe('appContext', () => {
  const sealed = 'aa..bb.cc.dd';

  it.each([
    ['the text of the link', appContextText(sealed)],
    ['an object, as some EHRs make of it', { assessment: sealed }],
    ['the sealed text alone', sealed],
    ['text in text', JSON.stringify(appContextText(sealed))],
    ['with spaces around', ` ${appContextText(sealed)} `],
  ])('is understood as %s', (_what, given) => {
    expect(sealedIn(given)).toBe(sealed);
  });

  it.each([undefined, null, 1, true, '', 'hello', '{"other":1}', '{"assessment":1}', '{"a', '[]', '[1]', {}, []])(
    'of another app holds nothing: %j',
    (given) => {
      expect(sealedIn(given)).toBeUndefined();
    },
  );
});
