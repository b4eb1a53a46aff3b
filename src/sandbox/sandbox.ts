import type { Express, Request } from 'express';
import type { Day } from '../dates/day.ts';
import { loadCharts } from './charts/load-charts.ts';
import type { PatientInput } from './charts/schema.ts';
import { fhirRoutes } from './fhir/routes.ts';
import type { Paging } from './fhir/search-query.ts';
import { FhirStore } from './fhir/store.ts';
import { FHIR_PATH } from './paths.ts';
import type { Launches } from './smart/launches.ts';
import { OAUTH_PATH, sandboxSmart } from './smart/smart-routes.ts';

/** How our app is registered with the sandbox's authorization server: as `smart-config/ehrs/development.yaml` says. */
const APP = { clientId: 'payer-policy-cds', redirectPath: '/smart/callback', jwksPath: '/smart/jwks.json' } as const;
const TOKEN_SECONDS = 900;

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
}

/** The sandbox: a FHIR server with synthetic patients, in memory, for development only. */
export interface Sandbox {
  readonly patients: readonly PatientInput[];
  readonly store: FhirStore;
  /** launches of apps that its EHR prepares */
  readonly launches: Launches;
  /** adds its routes to the application */
  readonly mount: (app: Express) => void;
}

const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** The origin that the client used, so that the links of answers lead where it can go; a proxy's address when it came through one. */
function originOf(req: Request, publicUrl: string | undefined): string {
  const host = req.get('Host') ?? '';
  const outside = publicUrl === undefined ? undefined : new URL(publicUrl);
  if (outside !== undefined && (outside.host === host || !HOST.test(host))) return outside.href.replace(/\/+$/, '');
  return `${req.protocol}://${HOST.test(host) ? host : 'localhost'}`;
}

/**
 * Loads the synthetic patients and builds the sandbox.
 * @throws InvalidFileError when a file of the sandbox is not valid
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const charts = loadCharts(import.meta.dirname, options.today);
  const store = new FhirStore();
  for (const resource of charts.resources) store.put(resource);
  const place = (req: Request): string => originOf(req, options.publicUrl);
  const smart = sandboxSmart({
    store,
    stories: new Map(charts.patients.map((p) => [p.id, p.story])),
    originOf: place,
    fhirPath: FHIR_PATH,
    app: APP,
    tokenSeconds: options.tokenSeconds ?? TOKEN_SECONDS,
  });
  const routes = fhirRoutes({
    store,
    now: () => new Date(),
    paging: options.paging ?? { usual: 100, most: 1000 },
    baseOf: (req) => `${place(req)}${FHIR_PATH}`,
    bodyLimit: options.bodyLimit,
    grantOf: smart.grantOf,
    security: smart.security,
    more: smart.belowFhir,
  });
  return {
    patients: charts.patients,
    store,
    launches: smart.launches,
    mount: (app) => {
      app.use(OAUTH_PATH, smart.oauth);
      app.use(FHIR_PATH, routes);
      // the SMART launcher looks for encounters at the origin, without the path of the FHIR base
      app.get('/Encounter', (req, res) => {
        const query = req.originalUrl.indexOf('?');
        res.redirect(307, `${FHIR_PATH}/Encounter${query < 0 ? '' : req.originalUrl.slice(query)}`);
      });
    },
  };
}
