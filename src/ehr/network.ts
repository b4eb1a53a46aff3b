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
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6');
}

const bare = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = bare(new URL(`http://[${address.split('%', 1)[0]}]`).hostname).split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  return tail === undefined ? first : [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** The IPv4 address that packets to an IPv6 address end at: mapped, translated (NAT64) or tunnelled (6to4). */
function embeddedIPv4(address: string): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groupsOf(address);
  const zeros = c === 0 && d === 0 && e === 0;
  if (a === 0 && b === 0 && zeros && f === 0xffff) return dotted(g, h);
  if (a === 0x64 && b === 0xff9b && zeros && f === 0) return dotted(g, h);
  if (a === 0x2002) return dotted(b, c);
  return undefined;
}

/** Is an IP address of a network that the internet does not route, in whatever notation? */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return PRIVATE.check(address, 'ipv4');
  const embedded = embeddedIPv4(address);
  return embedded === undefined ? PRIVATE.check(address, 'ipv6') : PRIVATE.check(embedded, 'ipv4');
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

/**
 * Bounds on an EHR's answers: one answer, all answers to one call of ours, connections (a call without prefetch asks 18 things at
 * once, and other calls of the EHR must not wait for it), pages of one search.
 */
export const LIMITS = {
  responseBytes: 20_000_000,
  callBytes: 60_000_000,
  connectionsPerOrigin: 128,
  pages: 40,
} as const;

type Handler = Dispatcher.DispatchHandler;

/** A handler with some of its methods replaced. */
const replacing = (handler: Handler, replaced: (handler: Handler) => Partial<Handler>): Handler => {
  const own = replaced(handler) as Readonly<Record<PropertyKey, unknown>>;
  return new Proxy(handler, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return own[name];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
};

/** The code of the error that ends an answer which is compressed, or a part of one. */
export const NOT_PLAIN = 'ERR_ANSWER_NOT_PLAIN';
const PARTIAL_CONTENT = 206;

/** Only plain answers: a compressed one could be small on the wire and endless in memory; a part (nobody asks for one) leaves open what the rest says. */
const plainAnswers: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(
    options,
    replacing(handler, (inner) => ({
      onResponseStart: (controller, status, headers, message) => {
        const encoding = headers['content-encoding'];
        if ((encoding !== undefined && encoding !== 'identity') || status === PARTIAL_CONTENT)
          throw Object.assign(new Error('compressed and partial answers are refused'), { code: NOT_PLAIN });
        return inner.onResponseStart?.(controller, status, headers, message);
      },
    })),
  );

/** The network with a bound on the bytes of all answers together. @param onBytes told of the bytes of all answers so far */
export function withinBytes(
  network: Dispatcher.ComposedDispatcher,
  most: number = LIMITS.callBytes,
  onBytes: (bytes: number) => void = () => {},
): Dispatcher {
  let bytes = 0;
  return network.compose(
    (dispatch) => (options, handler) =>
      dispatch(
        options,
        replacing(handler, (inner) =>
          cutOff(inner, (chunk) => {
            bytes += chunk;
            onBytes(bytes);
            return bytes > most;
          }),
        ),
      ),
  );
}

/** Ends an answer with an error at the chunk that is too much; nothing behind it is passed on. */
function cutOff(inner: Handler, isTooMuch: (bytes: number) => boolean): Partial<Handler> {
  let over = false;
  let ended = false;
  const end = (controller: Dispatcher.DispatchController, error: Error): void => {
    if (!ended) inner.onResponseError?.(controller, error);
    ended = true;
  };
  return {
    onResponseData: (controller, chunk) => {
      if (over) return;
      over = isTooMuch(chunk.length);
      if (!over) return inner.onResponseData?.(controller, chunk);
      const error = Object.assign(new Error('the answers are too large'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
      // Not at once: whoever waits for the head of the answer has to see it before its end.
      setImmediate(() => {
        end(controller, error);
        controller.abort(error);
      });
    },
    onResponseEnd: (controller, trailers) => {
      if (!over) inner.onResponseEnd?.(controller, trailers);
    },
    onResponseError: end,
  };
}

const agent = (connect: { lookup?: LookupFunction }): Dispatcher.ComposedDispatcher =>
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
