import type { Request, Response } from 'express';

/**
 * The two cookies of the app. `launch` ties an authorization request to the browser that was sent away with it, says which EHR
 * that was, and gives no access; `session` names the browser's launches on the server. Neither holds a token.
 */
type CookieKind = 'launch' | 'session';

const VALUE: Readonly<Record<CookieKind, RegExp>> = {
  session: /^[\w-]{43}$/,
  launch: /^[\w-]{43}\.[a-z][a-z0-9-]{0,63}$/,
};
/** In an EHR's frame the page is a third party: only such cookies come back there, each kept apart by the EHR's site. */
const IN_FRAMES = 'SameSite=None; Secure; Partitioned';

interface Form {
  readonly name: string;
  readonly attributes: string;
}

/**
 * On https one cookie, which no other host can set. Plain http is for loopback alone: browsers that trust loopback keep the
 * same cookie as on https, the others the second one, which does not come back in frames of other sites. Ports share cookies,
 * so their names say the port.
 */
function forms(kind: CookieKind, secure: boolean, port: number | undefined): readonly Form[] {
  if (secure) return [{ name: `__Host-cds-${kind}`, attributes: IN_FRAMES }];
  return [
    { name: `cds-${kind}-framed-${port}`, attributes: IN_FRAMES },
    { name: `cds-${kind}-${port}`, attributes: 'SameSite=Lax' },
  ];
}

/** Reads a cookie; a value that is not of our making counts as none. */
function readCookie(req: Request, kind: CookieKind, secure: boolean): string | undefined {
  const sent = new Map<string, string>();
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) sent.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  const values = forms(kind, secure, req.socket.localPort).map(({ name }) => sent.get(name));
  return values.find((v) => v !== undefined && VALUE[kind].test(v));
}

/** The id of the browser's session. */
export const readSession = (req: Request, secure: boolean): string | undefined => readCookie(req, 'session', secure);

/** What a browser that was sent to an EHR carries. */
export interface Sent {
  /** a random name of the browser */
  readonly browser: string;
  /** id of the EHR that it was sent to last */
  readonly ehr: string;
}

export function readSent(req: Request, secure: boolean): Sent | undefined {
  const [browser, ehr] = readCookie(req, 'launch', secure)?.split('.') ?? [];
  return browser === undefined || ehr === undefined ? undefined : { browser, ehr };
}

export const setSession = (res: Response, secure: boolean, id: string | undefined): void =>
  setCookie(res, 'session', secure, id);

export const setSent = (res: Response, secure: boolean, { browser, ehr }: Sent): void =>
  setCookie(res, 'launch', secure, `${browser}.${ehr}`);

/** Sets a cookie, which ends with the browser at the latest. @param value undefined removes it */
function setCookie(res: Response, kind: CookieKind, secure: boolean, value: string | undefined): void {
  for (const { name, attributes } of forms(kind, secure, res.req.socket.localPort)) {
    const end = value === undefined ? '; Max-Age=0' : '';
    res.append('Set-Cookie', `${name}=${value ?? ''}; Path=/; HttpOnly; ${attributes}${end}`);
  }
}
