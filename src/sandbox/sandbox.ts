import { join } from 'node:path';
import type { Express, Request, RequestHandler } from 'express';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import { type Day, formatDay } from '../dates/day.ts';
import type { EhrRegistry, Issuer } from '../ehr/ehr-registry.ts';
import { permissions } from '../ehr/granted-scopes.ts';
import { isLoopbackUrl } from '../trust/caller.ts';
import type { Bearer } from './bearer.ts';
import { loadCharts } from './charts/load-charts.ts';
import type { PatientInput } from './charts/schema.ts';
import type { ChartSource } from './ehr/chart-source.ts';
import { HookRelay, type RelayPlace } from './ehr/hook-relay.ts';
import { inSession } from './ehr/moods.ts';
import { StoredCharts } from './ehr/own-charts.ts';
import { ReasonSearch } from './ehr/reason-search.ts';
import { ehrRoutes } from './ehr/routes.ts';
import { EhrSessions } from './ehr/sessions.ts';
import { HookSigner } from './ehr/signing.ts';
import { StudySearch } from './ehr/study-search.ts';
import { PatientView } from './fhir/patient-view.ts';
import { FhirProblem } from './fhir/problem.ts';
import { fhirRoutes, type TokenGrant } from './fhir/routes.ts';
import type { Paging } from './fhir/search-query.ts';
import { FhirStore } from './fhir/store.ts';
import { FHIR_PATH, JWKS_PATH, SANDBOX_PATH } from './paths.ts';
import { RemoteCharts } from './remote/remote-charts.ts';
import { RemoteFhir, type RemoteSetting } from './remote/remote-fhir.ts';
import { type RemoteRoutesOptions, remoteRoutes } from './remote/remote-routes.ts';
import type { Launches } from './smart/launches.ts';
import { OAUTH_PATH, sandboxSmart } from './smart/smart-routes.ts';

/** How our app is registered with the sandbox's authorization server: as `smart-config/ehrs/development.yaml` says. */
const APP = { clientId: 'payer-policy-cds', redirectPath: '/smart/callback', jwksPath: '/smart/jwks.json' } as const;
const TOKEN_SECONDS = 900;
/** Whose chart lacks two facts: the page of order entry begins with her. */
const FIRST = 'iris';

export interface SandboxOptions {
  /** the day from which the stories count back */
  readonly today: Day;
  /** largest body, e.g. "10mb" */
  readonly bodyLimit: string;
  /** the base under which clients reach the service through a proxy, if there is one */
  readonly publicUrl?: string | undefined;
  readonly paging?: Paging;
  /** how long the access tokens of its authorization server serve (default 900) */
  readonly tokenSeconds?: number;
  /** another FHIR server, whose patients are shown instead of the sandbox's own */
  readonly remote?: RemoteSetting;
}

/** The sandbox EHR, for development only: order entry, and a FHIR server with synthetic patients in memory, or another one. */
export interface Sandbox {
  /** its own patients; none when it shows another server's */
  readonly patients: readonly PatientInput[];
  readonly store: FhirStore;
  /** the other FHIR server */
  readonly remote?: string;
  /** launches of apps that its EHR prepares */
  readonly launches: Launches;
  /** who signs its hook calls */
  readonly issuer: Issuer;
  /** adds its routes to the application */
  readonly mount: (app: Express, house: House) => void;
}

/** What the sandbox needs of the service that it is served by. */
export interface House {
  readonly knowledge: Pick<Knowledge, 'codes' | 'studies' | 'payers'>;
  readonly registry: EhrRegistry;
}

/** The FHIR server of the sandbox: its own, or another one. */
interface Backend {
  readonly charts: ChartSource;
  readonly patients: readonly PatientInput[];
  readonly store: FhirStore;
  readonly remote?: RemoteFhir;
  readonly routes: (around: BackendSurroundings) => RequestHandler;
}

type BackendSurroundings = Pick<RemoteRoutesOptions, 'baseOf' | 'bearerOf' | 'before' | 'security'> & {
  /** throws FhirProblem (421) for a host that is not ours */
  readonly ownBaseOf: (req: Request) => string;
};

const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** The origin that the client used, so that the links of answers lead where it can go; a proxy's address when it came through one. */
function originOf(req: Request, publicUrl: string | undefined): string {
  const host = req.get('Host') ?? '';
  const outside = publicUrl === undefined ? undefined : new URL(publicUrl);
  if (outside !== undefined && (outside.host === host || !HOST.test(host))) return outside.href.replace(/\/+$/, '');
  return `${req.protocol}://${HOST.test(host) ? host : 'localhost'}`;
}

/** The address at which this process can be reached over the connection of a request. */
function ownAddress({ socket }: Request): string {
  const address = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  return `http://${address.includes(':') ? `[${address}]` : address}:${socket.localPort}`;
}

const bearerToken = (req: Request): string | undefined => /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1];

/** What a token shows and permits. */
const grant = (store: FhirStore, bearer: Bearer): TokenGrant => {
  const permitted = permissions(bearer.scope);
  return {
    store: new PatientView(store, bearer.patient, bearer.hides),
    permit: (type, interaction) => {
      if (permitted(type, interaction) === 'none')
        throw new FhirProblem(403, 'forbidden', 'the scopes of the token do not permit it');
    },
  };
};

/** The synthetic patients. @throws InvalidFileError when a file of the sandbox is not valid */
function ownBackend(options: SandboxOptions): Backend {
  const { patients, resources } = loadCharts(import.meta.dirname, options.today);
  const store = new FhirStore();
  for (const resource of resources) store.put(resource);
  return {
    patients,
    store,
    charts: new StoredCharts(store, patients, resources, options.today),
    routes: ({ bearerOf, ...around }) =>
      fhirRoutes({
        ...around,
        store,
        now: () => new Date(),
        paging: options.paging ?? { usual: 100, most: 1000 },
        bodyLimit: options.bodyLimit,
        grantOf: (req) => {
          const bearer = bearerOf(req);
          return bearer === undefined ? undefined : grant(store, bearer);
        },
      }),
  };
}

/** Another server's patients. */
function remoteBackend(options: SandboxOptions, setting: RemoteSetting): Backend {
  const remote = new RemoteFhir(setting);
  return {
    patients: [],
    store: new FhirStore(),
    remote,
    charts: new RemoteCharts(remote, options.today),
    routes: ({ ownBaseOf, ...around }) =>
      remoteRoutes({ ...around, remote, baseOf: ownBaseOf, bodyLimit: options.bodyLimit }),
  };
}

/**
 * Loads the patients and builds the sandbox.
 * @throws InvalidFileError when a file of the sandbox is not valid
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const backend = options.remote === undefined ? ownBackend(options) : remoteBackend(options, options.remote);
  const { charts, patients, store, remote } = backend;
  const place = (req: Request): string => originOf(req, options.publicUrl);
  const smart = sandboxSmart({
    people: charts,
    originOf: place,
    fhirPath: FHIR_PATH,
    app: APP,
    tokenSeconds: options.tokenSeconds ?? TOKEN_SECONDS,
  });
  const sessions = new EhrSessions();
  const signer = new HookSigner();
  const publicUrl = options.publicUrl?.replace(/\/+$/, '');
  const prefix = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
  const bearerOf = (req: Request): Bearer | undefined => {
    const token = bearerToken(req);
    return token === undefined ? undefined : (sessions.bearerOf(token) ?? smart.bearerOf(token));
  };
  /** Other names for this machine are refused: a site could have let its own name lead here. */
  const isOurs = (req: Request): boolean =>
    isLoopbackUrl(`${req.protocol}://${req.get('Host') ?? ''}`) ||
    (publicUrl !== undefined && new URL(publicUrl).host === req.get('Host'));
  const baseOf = (req: Request): string => `${place(req)}${FHIR_PATH}`;
  const routes = backend.routes({
    baseOf,
    ownBaseOf: (req) => {
      if (!isOurs(req)) throw new FhirProblem(421, 'forbidden', 'this host name is not one of the sandbox');
      return baseOf(req);
    },
    bearerOf,
    security: smart.security,
    before: [inSession({ bearerOf, baseOf, sessionOf: (id) => sessions.find(id) }), smart.belowFhir],
  });
  const relayPlace = (req: Request): RelayPlace | undefined =>
    isOurs(req)
      ? {
          service: ownAddress(req),
          audience: publicUrl ?? `http://127.0.0.1:${req.socket.localPort}`,
          fhir: baseOf(req),
        }
      : undefined;
  return {
    patients,
    store,
    ...(remote !== undefined && { remote: remote.base }),
    launches: smart.launches,
    issuer: signer.issuer,
    mount: (app, { knowledge, registry }) => {
      remote?.admit(registry);
      app.use(OAUTH_PATH, smart.oauth);
      app.use(FHIR_PATH, routes);
      app.get(JWKS_PATH, (_req, res) => {
        res.type('application/jwk-set+json').send(JSON.stringify(signer.keySet));
      });
      app.use(
        SANDBOX_PATH,
        ehrRoutes({
          charts,
          sessions,
          relay: new HookRelay(signer, sessions, smart.launches),
          studies: new StudySearch(knowledge.studies),
          reasons: new ReasonSearch(knowledge.codes, join(import.meta.dirname, 'reasons.yaml')),
          payers: knowledge.payers,
          placeOf: relayPlace,
          today: () => formatDay(options.today),
          prefix,
          ...(remote === undefined ? { first: FIRST } : { remote: remote.base }),
        }),
      );
      app.get('/', (_req, res) => res.redirect(`${prefix}${SANDBOX_PATH}`));
      // the SMART launcher looks for encounters at the origin, without the path of the FHIR base
      app.get('/Encounter', (req, res) => {
        const query = req.originalUrl.indexOf('?');
        res.redirect(307, `${FHIR_PATH}/Encounter${query < 0 ? '' : req.originalUrl.slice(query)}`);
      });
    },
  };
}
