import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Json } from '../../chart/json.ts';
import { sendPage } from '../../web/page.ts';
import type { Bearer } from '../bearer.ts';
import type { ChartSource } from '../ehr/chart-source.ts';
import { FhirProblem, outcome } from '../fhir/problem.ts';
import { AuthorizationServer, type Place } from './authorization-server.ts';
import { CHOSEN, choosePatientPage } from './choose-patient.ts';
import { type LaunchContext, Launches, LaunchRequest } from './launches.ts';
import { sandboxScopes } from './scopes.ts';
import { TokenStorage } from './token-storage.ts';

/** Path of the authorization server. */
export const OAUTH_PATH = '/sandbox/oauth';

export interface SandboxSmartOptions {
  /** who can be chosen at the sign-in */
  readonly people: Pick<ChartSource, 'patient' | 'patients' | 'practitioners'>;
  readonly originOf: (req: Request) => string;
  readonly fhirPath: string;
  readonly app: { readonly clientId: string; readonly redirectPath: string; readonly jwksPath: string };
  /** how long access tokens serve */
  readonly tokenSeconds: number;
}

/** The SMART side of the sandbox EHR. */
export interface SandboxSmart {
  readonly launches: Launches;
  /** the authorization server, to be mounted at `OAUTH_PATH` */
  readonly oauth: RequestHandler;
  /** what belongs below the FHIR base: smart-configuration and the launch service */
  readonly belowFhir: RequestHandler;
  /** rest[0].security of the CapabilityStatement */
  readonly security: (fhirBase: string) => Json;
  /** what a token opens that was issued here; undefined for any other. @throws FhirProblem (401) when it has ended */
  readonly bearerOf: (token: string) => Bearer | undefined;
}

/** Whom a launch names as its user when it does not say: the clinician of the official CDS Hooks Sandbox. */
const USUAL_USER = 'Practitioner/COREPRACTITIONER1';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
const SERVICES = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
const LOOPBACK_PAGES = ['http://127.0.0.1:*', 'http://localhost:*', 'https:'];

/** The smart-configuration of a FHIR base (SMART App Launch 2.2). */
const smartConfiguration = ({ issuer }: Place): Json => ({
  issuer,
  jwks_uri: `${issuer}/jwks`,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  revocation_endpoint: `${issuer}/token/revocation`,
  grant_types_supported: ['authorization_code', 'refresh_token'],
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384'],
  authorization_response_iss_parameter_supported: true,
  scopes_supported: sandboxScopes().filter((s) => !s.includes('/') || s.startsWith('launch/') || s.endsWith('/*.rs')),
  capabilities: [
    'launch-ehr',
    'launch-standalone',
    'client-confidential-asymmetric',
    'sso-openid-connect',
    'context-banner',
    'context-ehr-patient',
    'context-ehr-encounter',
    'context-standalone-patient',
    'permission-online',
    'permission-patient',
    'permission-user',
    'permission-v1',
    'permission-v2',
  ],
});

/** Where clients that do not know smart-configuration find the same addresses. */
const oauthUris = ({ issuer }: Place): Json => ({
  service: [{ coding: [{ system: SERVICES, code: 'SMART-on-FHIR' }] }],
  extension: [
    {
      url: OAUTH_URIS,
      extension: [
        { url: 'authorize', valueUri: `${issuer}/auth` },
        { url: 'token', valueUri: `${issuer}/token` },
        { url: 'revoke', valueUri: `${issuer}/token/revocation` },
      ],
    },
  ],
});

const NOTHING: ReadonlySet<string> = new Set();

/** Builds the SMART side of the sandbox. */
export function sandboxSmart(options: SandboxSmartOptions): SandboxSmart {
  const { people, originOf, fhirPath, app, tokenSeconds } = options;
  const launches = new Launches();
  const storage = new TokenStorage();
  const server = new AuthorizationServer({ launches, storage, tokenSeconds, app });
  const placeOf = (req: Request): Place => {
    const origin = originOf(req);
    return { origin, issuer: `${origin}${OAUTH_PATH}`, fhirBase: `${origin}${fhirPath}` };
  };

  const oauth = Router();
  oauth.get('/auth', async (req, res) => {
    const query = new URLSearchParams(req.originalUrl.split('?')[1]);
    const launch = query.get('launch') ?? (await standalone(query));
    if (launch === undefined) return sendChoice(res, query);
    if (!query.has('launch')) {
      // The request goes on as if it had come with the launch that was just made.
      for (const name of Object.values(CHOSEN)) query.delete(name);
      query.set('launch', launch);
      req.url = `/auth?${query}`;
      req.originalUrl = `${OAUTH_PATH}${req.url}`;
    }
    await server.authorize(req, res, placeOf(req), launch);
  });
  oauth.use((req, res) => server.serve(req, res, placeOf(req)));

  /** The launch of somebody's choice on the page; undefined before it. */
  async function standalone(query: URLSearchParams): Promise<string | undefined> {
    const [patient, user] = [query.get(CHOSEN.patient) ?? '', query.get(CHOSEN.user) ?? ''];
    const denied = query.get(CHOSEN.answer) === 'deny';
    const known = async (): Promise<boolean> =>
      (await people.practitioners()).some((p) => p.id === user) && (await people.patient(patient)) !== undefined;
    if (!denied && (user === '' || patient === '' || !(await known()))) return undefined;
    return launches.prepare({ patient, user: `Practitioner/${user}`, needsBanner: true, denied });
  }

  async function sendChoice(res: Response, request: URLSearchParams): Promise<void> {
    const [patients, practitioners] = await Promise.all([people.patients(''), people.practitioners()]);
    sendPage(res, 200, choosePatientPage({ patients, practitioners, request }), {
      formAction: LOOPBACK_PAGES,
      frameAncestors: ['http://127.0.0.1:*', 'http://localhost:*'],
    });
  }

  const belowFhir = Router();
  belowFhir.get('/.well-known/smart-configuration', (req, res) => {
    res.json(smartConfiguration(placeOf(req)));
  });
  belowFhir.post('/_services/smart/Launch', express.json({ limit: '1mb', type: () => true }), async (req, res) => {
    const context = await readLaunch(req.body, people);
    if (context === undefined) {
      res.status(400).json(outcome('invalid', 'expected parameters.patient, a patient of this server'));
      return;
    }
    res.json({ launch_id: launches.prepare(context) });
  });

  return {
    launches,
    oauth,
    belowFhir,
    security: (fhirBase) => {
      const origin = fhirBase.slice(0, -fhirPath.length);
      return oauthUris({ origin, issuer: `${origin}${OAUTH_PATH}`, fhirBase });
    },
    bearerOf: (token) => bearerOf(token, server, storage),
  };
}

async function readLaunch(body: unknown, people: SandboxSmartOptions['people']): Promise<LaunchContext | undefined> {
  const parsed = LaunchRequest.safeParse(body);
  if (!parsed.success) return undefined;
  const { patient, encounter, user, appContext, need_patient_banner: banner, scope } = parsed.data.parameters;
  if ((await people.patient(patient)) === undefined) return undefined;
  return {
    patient,
    user: user ?? USUAL_USER,
    needsBanner: banner ?? true,
    ...(encounter !== undefined && { encounter }),
    ...(appContext !== undefined && { appContext }),
    ...(scope !== undefined && { granted: scope.split(' ') }),
  };
}

function bearerOf(token: string, server: AuthorizationServer, storage: TokenStorage): Bearer | undefined {
  const issued = storage.accessToken(token);
  if (issued === undefined) return undefined;
  const context = server.contextOf(issued.grantId);
  if (!issued.valid || context === undefined) throw new FhirProblem(401, 'login', 'the token has ended');
  return {
    patient: context.patient,
    scope: issued.scope,
    hides: context.hides ?? NOTHING,
    ...(context.session !== undefined && { session: context.session }),
  };
}
