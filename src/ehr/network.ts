import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6');
}

const bare = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** Is an IP address of a network that the internet does not route (IPv4-mapped IPv6 included)? */
function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return isPrivateAddress(mapped[1]);
  const family = isIP(address);
  if (family === 0) return false;
  return PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Is a URL's host the literal address of a private network? (Names are resolved, and looked at, when connecting.) */
export function namesPrivateAddress(url: URL): boolean {
  const host = bare(url.hostname);
  return isIP(host) !== 0 && isPrivateAddress(host);
}

/** Is a URL's host a loopback address or "localhost"? */
export function isLoopback(url: URL): boolean {
  const host = bare(url.hostname);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Resolves a name and refuses private addresses at the moment of connecting, so that a name cannot be rebound in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    if (addresses.length === 0 || addresses.some((a) => isPrivateAddress(a.address))) {
      return callback(Object.assign(new Error('the address is private'), { code: 'EPRIVATE' }), '', 0);
    }
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    return callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

/** Bounds on one EHR's answers. */
export const LIMITS = { responseBytes: 20_000_000, connectionsPerOrigin: 16, pages: 40 } as const;

/** Only plain answers: a compressed one could be small on the wire and endless in memory. */
const plainAnswers: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const onResponseStart: Dispatcher.DispatchHandler['onResponseStart'] = (controller, status, headers, message) => {
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') throw new Error('compressed answers are refused');
    return handler.onResponseStart?.(controller, status, headers, message);
  };
  return dispatch(
    options,
    new Proxy(handler, {
      get: (target, name) => {
        if (name === 'onResponseStart') return onResponseStart;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    }),
  );
};

const agent = (connect: { lookup?: LookupFunction }): Dispatcher =>
  new Agent({
    connections: LIMITS.connectionsPerOrigin,
    maxResponseSize: LIMITS.responseBytes,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    keepAliveTimeout: 10_000,
    connect: { timeout: 3_000, ...connect },
  }).compose(plainAnswers);

/** Pooled connections to EHRs: one pool that refuses private addresses, one for bases registered as private. */
export const PUBLIC_NETWORK = agent({ lookup: publicLookup });
export const PRIVATE_NETWORK = agent({});
