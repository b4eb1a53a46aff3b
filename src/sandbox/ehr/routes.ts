import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import * as z from 'zod';
import { type Json, text } from '../../chart/json.ts';
import { EHR_ID, parseReference } from '../../chart/references.ts';
import type { PayerDirectory } from '../../coverage/payers.ts';
import { sendPage } from '../../web/page.ts';
import { FhirProblem } from '../fhir/problem.ts';
import { type ChartSource, ChartUnavailable } from './chart-source.ts';
import type { HookRelay, RelayPlace } from './hook-relay.ts';
import { MOODS } from './moods.ts';
import { orderEntryPage } from './page.ts';
import type { ReasonSearch } from './reason-search.ts';
import type { EhrSession, EhrSessions } from './sessions.ts';
import type { StudySearch } from './study-search.ts';
import type { HookWish, PayerRow, Start, Trace } from './wire.ts';

export interface EhrRoutesOptions {
  readonly charts: ChartSource;
  readonly sessions: EhrSessions;
  readonly relay: HookRelay;
  readonly studies: StudySearch;
  readonly reasons: ReasonSearch;
  readonly payers: PayerDirectory;
  /** where a request finds the service and the FHIR server; undefined when it names a host that is not ours */
  readonly placeOf: (req: Request) => RelayPlace | undefined;
  /** YYYY-MM-DD */
  readonly today: () => string;
  /** the patient to begin with */
  readonly first?: string;
  /** the FHIR server behind the sandbox, when it is not its own */
  readonly remote?: string;
  /** path prefix of a proxy that serves us below a path */
  readonly prefix: string;
}

/** Each page has a secret of its own: no other site can know it, so that it also tells our page's requests from all others. */
const SESSION_HEADER = 'X-Sandbox-Session';
const BODY_LIMIT = '2mb';
const MOST_FOUND = 20;
const MOST_ORDERS = 20;

const Id = z.string().regex(EHR_ID);
const Order = z.looseObject({ resourceType: z.literal('ServiceRequest'), id: Id });
const Wish = z.object({
  hook: z.enum(['order-select', 'order-sign']),
  patient: Id,
  user: z.string().regex(/^Practitioner\/[\w\-.]{1,128}$/),
  orders: z.array(Order).min(1).max(MOST_ORDERS),
  selections: z.array(Id).max(MOST_ORDERS),
  withoutCoverage: z.boolean(),
}) satisfies z.ZodType<HookWish>;
const Feedback = z.object({ hook: Wish.shape.hook, feedback: z.array(z.looseObject({})).min(1).max(10) });
const MoodWish = z.object({ mood: z.enum(['normal', 'slow', 'truncated', 'forbidden', 'down']) });
const SignWish = z.object({ orders: z.array(Order).min(1).max(MOST_ORDERS) });
const RestoreWish = z.object({ patient: Id });

/** What is wrong with a request, in words for the page. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const onError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) return next(error);
  const say = (status: number, problem: string): void => void res.status(status).json({ problem });
  if (error instanceof Refused) return say(error.status, error.message);
  if (error instanceof ChartUnavailable) return say(502, error.message);
  if (error instanceof FhirProblem) return say(error.status, error.message);
  const { status } = error as { status?: number };
  if (status !== undefined && status >= 400 && status < 500) return say(status, 'The request could not be read.');
  return next(error);
};

const asked = (req: Request, name: string): string => text(req.query[name]) ?? '';

function bodyOf<T>(req: Request, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(req.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refused(400, `The request is not as expected: ${issue?.path.join('.')}: ${issue?.message}`);
}

const payerRows = (payers: PayerDirectory): readonly PayerRow[] =>
  payers.payers.map((p) => ({
    id: p.id,
    name: p.name,
    plans: [...new Set(p.policies.flatMap((route) => route.plans ?? []))],
  }));

/** The page of order entry, and what it asks for. */
export function ehrRoutes(options: EhrRoutesOptions): Router {
  const { charts, sessions, relay } = options;
  const router = Router();
  const api = Router();

  const place = (req: Request): RelayPlace => {
    const found = options.placeOf(req);
    if (found === undefined)
      throw new Refused(421, 'This host name is not one of the sandbox: use 127.0.0.1 or localhost.');
    return found;
  };
  /** The session of a request. @throws Refused when it is from an earlier start, or from another site */
  const sessionOf = (req: Request): EhrSession => {
    const found = sessions.find(req.get(SESSION_HEADER) ?? '');
    if (found === undefined) throw new Refused(409, 'The service has been started anew. Load this page again.');
    return found;
  };
  const guarded =
    (run: (req: Request, res: Response, session: EhrSession) => Promise<void> | void): RequestHandler =>
    async (req, res) => {
      place(req);
      await run(req, res, sessionOf(req));
    };

  router.get('/', (req, res) => {
    place(req);
    sendPage(res, 200, orderEntryPage(options.prefix), { frames: true });
  });
  router.use('/ehr', (_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  router.use('/ehr', express.json({ limit: BODY_LIMIT }), api);
  router.use(onError);

  api.post('/start', async (req, res) => {
    const { fhir } = place(req);
    const start: Start = {
      session: sessions.open().id,
      fhir: { base: fhir, ...(options.remote !== undefined && { remote: options.remote }) },
      today: options.today(),
      people: await charts.practitioners(),
      payers: payerRows(options.payers),
      moods: MOODS,
      ...(options.first !== undefined && { first: options.first }),
    };
    res.json(start);
  });
  api.get(
    '/patients',
    guarded(async (req, res) => void res.json(await charts.patients(asked(req, 'q')))),
  );
  api.get(
    '/chart',
    guarded(async (req, res) => {
      const patient = asked(req, 'patient');
      const found = EHR_ID.test(patient) ? await charts.chart(patient) : undefined;
      if (found === undefined) throw new Refused(404, 'There is no such patient.');
      res.json(found);
    }),
  );
  api.get(
    '/resource',
    guarded(async (req, res) => {
      const [patient, reference] = [asked(req, 'patient'), parseReference(asked(req, 'ref'))];
      const found =
        reference === undefined || reference.base !== undefined || !EHR_ID.test(patient)
          ? undefined
          : await charts.resource(patient, reference.type, reference.id);
      if (found === undefined) throw new Refused(404, 'There is no such resource in this chart.');
      res.json(found);
    }),
  );
  api.get(
    '/studies',
    guarded((req, res) => void res.json(options.studies.find(asked(req, 'q'), MOST_FOUND))),
  );
  api.get(
    '/reasons',
    guarded((req, res) => void res.json(options.reasons.find(asked(req, 'q'), MOST_FOUND))),
  );
  api.post(
    '/hook',
    guarded(async (req, res, session) => {
      const wish = bodyOf(req, Wish);
      if ((await charts.patient(wish.patient)) === undefined) throw new Refused(404, 'There is no such patient.');
      res.json(await relay.call(session, wish, place(req)));
    }),
  );
  api.post(
    '/feedback',
    guarded(async (req, res) => {
      const { hook, feedback } = bodyOf(req, Feedback);
      res.json(await relay.feedback(hook, feedback, place(req)));
    }),
  );
  api.post(
    '/mood',
    guarded((req, res, session) => {
      session.mood = bodyOf(req, MoodWish).mood;
      res.json({ mood: session.mood });
    }),
  );
  api.get(
    '/trace',
    guarded((req, res, session) => {
      const trace: Trace = { mood: session.mood, calls: session.callsAfter(Number(asked(req, 'after')) || 0) };
      res.json(trace);
    }),
  );
  api.post(
    '/sign',
    guarded(async (req, res) => {
      const { own } = charts;
      if (own === undefined) throw new Refused(405, 'Orders are not written to this FHIR server.');
      const { orders } = bodyOf(req, SignWish);
      for (const order of orders) await checkSubject(order, charts);
      for (const order of orders) own.sign({ ...order, status: 'active' });
      res.json({ signed: orders.length });
    }),
  );
  api.post(
    '/restore',
    guarded((req, res) => {
      if (charts.own === undefined) throw new Refused(405, 'This FHIR server is not ours to restore.');
      charts.own.restore(bodyOf(req, RestoreWish).patient);
      res.json({});
    }),
  );
  return router;
}

/** @throws Refused when an order is for nobody here */
async function checkSubject(order: Json, charts: ChartSource): Promise<void> {
  const subject = parseReference((order['subject'] as Json | undefined)?.['reference']);
  if (subject?.type !== 'Patient' || (await charts.patient(subject.id)) === undefined)
    throw new Refused(400, 'The order is for no patient of this sandbox.');
}
