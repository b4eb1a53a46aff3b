import { setTimeout as pause } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { type Json, objects } from '../../chart/json.ts';
import type { Bearer } from '../bearer.ts';
import { FhirProblem } from '../fhir/problem.ts';
import type { EhrSession } from './sessions.ts';
import type { Mood, MoodRow } from './wire.ts';

/** The moods in words. */
export const MOODS: readonly MoodRow[] = [
  { id: 'normal', label: 'Normal', words: 'The FHIR server answers at once.' },
  {
    id: 'slow',
    label: 'Slow',
    words: 'Every answer takes a second; Observations come after the service has given up.',
  },
  { id: 'truncated', label: 'Truncated', words: 'Searches give three entries; the page with the rest is lost.' },
  {
    id: 'forbidden',
    label: 'Forbidden',
    words: 'The server refuses the chart (403); patient and coverage may be read.',
  },
  { id: 'down', label: 'Down', words: 'The server answers nothing but 503.' },
];

/** Who is ordering, for whom, and who pays: without them there is nothing to check. */
const BASICS: ReadonlySet<string> = new Set(['Patient', 'Coverage', 'Organization', 'Practitioner']);
const SLOW_MS = 1_000;
/** Longer than the service waits. */
const SLOWEST_MS = 6_000;
const KEPT_ENTRIES = 3;

/** The resource type of a request below the FHIR base. */
const typeOf = (req: Request): string => /^\/([A-Z][A-Za-z]*)/.exec(req.path)?.[1] ?? '';

type Act = (req: Request, res: Response, base: string) => void | Promise<void>;

/** Waits; what is waited for ends with the connection. */
const slow: Act = async (req, res) => {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const ms = typeOf(req) === 'Observation' ? SLOWEST_MS : SLOW_MS;
  await pause(ms, undefined, { signal: gone.signal }).catch(() => undefined);
};

/** Few entries, and a link to more that cannot be followed. */
const truncated: Act = (req, res, base) => {
  const query = new URLSearchParams(req.originalUrl.split('?')[1]);
  if (BASICS.has(typeOf(req))) return;
  if (query.has('_offset')) throw new FhirProblem(503, 'exception', 'mood "truncated": this page is lost');
  onSearchset(res, (bundle) => {
    const entries = objects(bundle['entry']);
    if (entries.length <= KEPT_ENTRIES) return bundle;
    query.set('_offset', String(KEPT_ENTRIES));
    const self = objects(bundle['link']).filter((l) => l['relation'] === 'self');
    const next = { relation: 'next', url: `${base}/${typeOf(req)}?${query}` };
    return { ...bundle, link: [...self, next], entry: entries.slice(0, KEPT_ENTRIES) };
  });
};

const forbidden: Act = (req) => {
  if (!BASICS.has(typeOf(req))) throw new FhirProblem(403, 'forbidden', 'mood "forbidden": only who pays may be read');
};

const down: Act = () => {
  throw new FhirProblem(503, 'exception', 'mood "down": the server is not there');
};

const ACTS: Readonly<Record<Mood, Act>> = { normal: () => undefined, slow, truncated, forbidden, down };

/** Looks at a search result before it is sent, and may change it. */
function onSearchset(res: Response, look: (bundle: Json) => Json): void {
  const send = res.send.bind(res);
  res.send = (body: unknown): Response => {
    if (typeof body !== 'string' || !body.includes('"searchset"')) return send(body);
    return send(JSON.stringify(look(JSON.parse(body) as Json)));
  };
}

export interface SessionSight {
  /** what the token of a request opens. @throws FhirProblem (401) */
  readonly bearerOf: (req: Request) => Bearer | undefined;
  readonly sessionOf: (id: string) => EhrSession | undefined;
  /** the FHIR base under which a request reached us */
  readonly baseOf: (req: Request) => string;
}

/** Notes what apps of a session ask of the FHIR server, and answers them in its mood. Calls of anybody else pass. */
export const inSession =
  ({ bearerOf, sessionOf, baseOf }: SessionSight): RequestHandler =>
  async (req, res, next) => {
    const bearer = bearerOf(req);
    const session = bearer?.session === undefined ? undefined : sessionOf(bearer.session);
    if (bearer === undefined || session === undefined) return next();
    const at = Date.now();
    const started = performance.now();
    let entries: number | undefined;
    onSearchset(res, (bundle) => {
      entries = objects(bundle['entry']).length;
      return bundle;
    });
    res.once('close', () => {
      session.note({
        at,
        ms: Math.round(performance.now() - started),
        method: req.method,
        path: req.url,
        status: res.writableFinished ? res.statusCode : 0,
        bytes: Number(res.getHeader('content-length') ?? 0),
        patient: bearer.patient,
        ...(entries !== undefined && { entries }),
        ...(bearer.exchange !== undefined && { exchange: bearer.exchange }),
      });
    });
    await ACTS[session.mood](req, res, baseOf(req));
    if (!res.closed) next();
  };
