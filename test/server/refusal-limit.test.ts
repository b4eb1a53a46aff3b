import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalLimit } from '../../src/server/refusal-limit.ts';

let time = 0;
let limited = 0;
const limit = refusalLimit(
  2,
  () => limited++,
  () => time,
  3,
);
const app = express();
app.set('trust proxy', 1);
app.get('/', limit.handler, (_req, res) => {
  limit.count(res);
  res.sendStatus(401);
});
const server = createServer(app);
let base = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());
const from = async (address: string): Promise<number> =>
  (await fetch(base, { headers: { 'x-forwarded-for': address } })).status;

describe('the limit of refusals', () => {
  it('holds for the rest of the minute', async () => {
    expect([await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.1')]).toEqual([401, 401, 429]);
    time += 59_999;
    expect(await from('203.0.113.1')).toBe(429);
    time += 1;
    expect(await from('203.0.113.1')).toBe(401);
    expect(limited).toBe(2);
  });

  it('counts the addresses of one IPv6 network together', async () => {
    time += 60_000;
    expect([await from('2001:db8:1:100::1'), await from('2001:db8:1:1ff::2')]).toEqual([401, 401]);
    expect([await from('2001:db8:1:142::3'), await from('2001:db8:1:200::1')]).toEqual([429, 401]);
  });

  it('keeps no more addresses than it may, and those that it has are still limited', async () => {
    time += 60_000;
    const many = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'];
    for (const address of [...many, ...many]) expect(await from(address)).toBe(401);
    expect(await Promise.all(many.map(from))).toEqual([429, 429, 429, 401]);
  });
});
