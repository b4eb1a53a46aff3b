import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBase, normalBase } from '../../src/ehr/ehr-registry.ts';
import { isPrivateAddress, namesPrivateAddress, PRIVATE_NETWORK, withinBytes } from '../../src/ehr/network.ts';

describe('private addresses', () => {
  it.each([
    ['127.0.0.1'],
    ['10.1.2.3'],
    ['172.31.255.255'],
    ['192.168.0.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['0.0.0.0'],
    ['255.255.255.255'],
    ['::'],
    ['::1'],
    ['::127.0.0.1'],
    ['::ffff:10.0.0.1'],
    ['::ffff:7f00:1'],
    ['0:0:0:0:0:ffff:169.254.169.254'],
    ['64:ff9b::7f00:1'],
    ['64:ff9b:1::1'],
    ['2002:7f00:1::'],
    ['2002:a9fe:a9fe::1'],
    ['2001:0:1234::1'],
    ['fc00::1'],
    ['fd12:3456::1'],
    ['fe80::1'],
    ['fe80::1%eth0'],
    ['fec0::1'],
    ['ff02::1'],
  ])('%s is one', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    ['8.8.8.8'],
    ['172.32.0.1'],
    ['::ffff:8.8.8.8'],
    ['64:ff9b::808:808'],
    ['2002:808:808::1'],
    ['2606:4700:4700::1111'],
    ['2a00:1450:4001:81b::200e'],
  ])('%s is none', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it.each([
    ['http://0x7f.1/'],
    ['http://0177.0.0.1/'],
    ['http://2130706433/'],
    ['http://127.1/'],
    ['http://[::ffff:127.0.0.1]/'],
    ['http://[0:0:0:0:0:0:0:1]/'],
    ['http://①②⑦.0.0.1/'],
    ['http://10.0.0.1./'],
  ])('%s names one', (url) => {
    expect(namesPrivateAddress(new URL(url))).toBe(true);
  });
});

describe('FHIR bases', () => {
  it.each([
    ['https://EHR.example.org/r4', 'https://ehr.example.org/r4'],
    ['https://ehr.example.org:443/r4/', 'https://ehr.example.org/r4'],
    ['HTTPS://ehr.example.org/r4//', 'https://ehr.example.org/r4'],
    ['https://ehr.example.org/x/../r4', 'https://ehr.example.org/r4'],
    ['https://bücher.example/r4', 'https://xn--bcher-kva.example/r4'],
  ])('%s is the same as %s', (given, same) => {
    expect(normalBase(given)).toBe(same);
  });

  it.each([
    ['https://ehr.example.org:8443/r4'],
    ['http://ehr.example.org/r4'],
    ['https://ehr.example.org./r4'],
    ['https://ehr.example.org/R4'],
    ['https://ehr.example.org/r4/../admin'],
    ['https://ehr.example.org/r4%2f..'],
    ['https://ehr.example.org.evil.example/r4'],
    ['https://ehr.ехample.org/r4'],
    ['https://user@ehr.example.org/r4'],
    ['https://ehr.example.org/r4?x=1'],
    ['https://ehr.example.org/r4#x'],
    ['https://ehr.example.org\\@evil.example/r4'],
  ])('%s is another', (given) => {
    expect(normalBase(given)).not.toBe('https://ehr.example.org/r4');
  });

  it.each([
    ['https://user:pass@ehr.example.org/r4'],
    ['https://ehr.example.org/r4?_format=json'],
    ['https://ehr.example.org/r4#x'],
    ['ftp://ehr.example.org/r4'],
    ['//ehr.example.org/r4'],
    [''],
  ])('%s is none', (given) => {
    expect(isBase(given)).toBe(false);
  });
});

describe('the answers to one call together', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((_req, res) => res.end('x'.repeat(1_000)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('are bounded, those of another call apart', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const read = async (dispatcher: ReturnType<typeof withinBytes>): Promise<number> => {
      const { fetch } = await import('undici');
      return (await (await fetch(url, { dispatcher })).text()).length;
    };
    const one = withinBytes(PRIVATE_NETWORK, 2_500);
    expect([await read(one), await read(one)]).toEqual([1_000, 1_000]);
    await expect(read(one)).rejects.toThrow();
    expect(await read(withinBytes(PRIVATE_NETWORK, 2_500))).toBe(1_000);
  });
});
