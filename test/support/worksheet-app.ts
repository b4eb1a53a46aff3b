import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request } from 'express';
import { pino } from 'pino';
import { stringify } from 'yaml';
import type { AnswerStore } from '../../src/answer-store/answer-store.ts';
import type { Json } from '../../src/chart/json.ts';
import { namesIn } from '../../src/criteria-check/known-names.ts';
import { neededSections } from '../../src/criteria-check/needed-sections.ts';
import { calendarOf, formatDay } from '../../src/dates/day.ts';
import { type Ehr, loadEhrs } from '../../src/ehr/ehr-registry.ts';
import { FhirAccess } from '../../src/ehr/fhir-access.ts';
import { coding } from '../../src/sandbox/charts/codes.ts';
import { FHIR_PATH } from '../../src/sandbox/paths.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { readConfig } from '../../src/server/config.ts';
import { listen } from '../../src/server/listen.ts';
import { createService } from '../../src/server/service.ts';
import { type Launched, SessionEnded } from '../../src/smart/launched.ts';
import { worksheetRoutes } from '../../src/worksheet/routes.ts';
import { checker } from './knowledge.ts';

/** What a test says of the launch. */
export interface LaunchWish {
  readonly patientId: string;
  readonly order: Json;
  readonly fhirUser?: string | undefined;
  readonly needsBanner?: boolean;
  readonly smart?: Partial<NonNullable<Ehr['smart']>>;
}

/** A launch of the worksheet without a sign-in. */
export interface OpenedLaunch {
  readonly launched: Launched;
  /** the address of its worksheet */
  readonly url: string;
  /** ends its access to the EHR */
  readonly end: () => void;
}

/** The service with the sandbox's FHIR server, and worksheets that are opened without a sign-in. */
export interface WorksheetApp {
  readonly base: string;
  readonly fhir: string;
  readonly sandbox: Sandbox;
  readonly open: (wish: LaunchWish) => OpenedLaunch;
  /** answers requests to the FHIR server that it names with a status of its own */
  fault: ((req: Request) => number | undefined) | undefined;
  readonly done: string[];
  readonly close: () => Promise<void>;
}

/** A draft order for a study. @param reasons e.g. "icd M54.16 Lumbar radiculopathy" */
export const draftOrder = (patientId: string, study: string, reasons: readonly string[] = []): Json => ({
  resourceType: 'ServiceRequest',
  id: 'order-1',
  status: 'draft',
  intent: 'order',
  subject: { reference: `Patient/${patientId}` },
  code: { coding: [coding(`cpt ${study} MRI`)] },
  ...(reasons.length > 0 && { reasonCode: [{ coding: reasons.map(coding) }] }),
});

/** Starts the service. @param answerStore where answers are kept that the EHR does not take */
export async function startWorksheetApp(answerStore?: AnswerStore): Promise<WorksheetApp> {
  const folder = mkdtempSync(join(tmpdir(), 'worksheet-'));
  mkdirSync(join(folder, 'ehrs'));
  const entry = {
    ehr: 'development',
    name: 'Test EHR',
    'private-network': true,
    'default-payer': { payer: 'kaiser-wa' },
  };
  writeFileSync(join(folder, 'ehrs/development.yaml'), stringify(entry));
  const config = readConfig({ NODE_ENV: 'test', DECISIONS: 'off', SMART_CONFIG: folder, LOG_LEVEL: 'silent' });
  const [ehr] = loadEhrs(join(folder, 'ehrs'), namesIn(checker().knowledge)).ehrs;
  if (ehr === undefined) throw new Error('there is no EHR');
  const calendar = calendarOf(config.TIME_ZONE);
  const sandbox = createSandbox({ today: calendar(Date.now()), bodyLimit: config.BODY_LIMIT });
  const launches = new Map<string, Launched>();
  const done: string[] = [];
  const state: { fault: WorksheetApp['fault'] } = { fault: undefined };
  const service = createService(config, pino({ level: 'silent' }), {
    mount: (app, house) => {
      app.use(
        '/smart/launches/:launchId',
        worksheetRoutes({
          launchedOf: (req, res) => {
            const found = launches.get(req.baseUrl.slice(req.baseUrl.lastIndexOf('/') + 1));
            if (found === undefined) res.status(401).send('no session');
            return Promise.resolve(found);
          },
          checker: checker(),
          calendar,
          sections: neededSections(checker().knowledge),
          deadlineMs: 4000,
          prefix: '',
          ...(answerStore !== undefined && { answerStore }),
          onDone: (result) => done.push(result),
        }),
      );
      app.use(FHIR_PATH, (req, res, next) => {
        const status = state.fault?.(req);
        if (status === undefined) next();
        else res.status(status).type('application/fhir+json').send('{"resourceType":"OperationOutcome","issue":[]}');
      });
      sandbox.mount(app, house);
    },
  });
  const listening = await listen(service.app, '127.0.0.1', 0);
  const base = `http://127.0.0.1:${listening.port}`;
  const fhir = `${base}${FHIR_PATH}`;
  const open = (wish: LaunchWish): OpenedLaunch => {
    const id = randomBytes(16).toString('base64url');
    let ended = false;
    const launched: Launched = {
      id,
      ehr: {
        ...ehr,
        smart: {
          clientId: 'test',
          authentication: 'public',
          redirectPath: '/smart/callback',
          scopes: 'auto',
          moreScopes: [],
          frameAncestors: [],
          standalone: true,
          writesAnswers: true,
          answerStore: false,
          ...wish.smart,
        },
      },
      base: fhir,
      patientId: wish.patientId,
      ...('fhirUser' in wish
        ? wish.fhirUser !== undefined && { fhirUser: wish.fhirUser }
        : { fhirUser: 'Practitioner/wells' }),
      scope: 'patient/*.cruds',
      order: {
        base: fhir,
        patientId: wish.patientId,
        order: wish.order,
        drafts: [],
        today: formatDay(calendar(Date.now())),
        expires: Date.now() / 1000 + 3600,
      },
      csrf: randomBytes(16).toString('base64url'),
      needsBanner: wish.needsBanner ?? true,
      access: (signal) =>
        ended
          ? Promise.reject(new SessionEnded())
          : Promise.resolve(new FhirAccess({ base: fhir, token: 'test', privateNetwork: true, signal })),
    };
    launches.set(id, launched);
    return {
      launched,
      url: `${base}/smart/launches/${id}`,
      end: () => {
        ended = true;
      },
    };
  };
  return {
    base,
    fhir,
    sandbox,
    open,
    done,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    close: async () => {
      await listening.close({ graceMs: 200, idle: 'cut' });
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
