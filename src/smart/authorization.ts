import { createHash } from 'node:crypto';
import type { Section } from '../chart/sections.ts';
import { sealedIn } from './app-context.ts';
import type { ClientKeys } from './client-keys.ts';
import { type SmartConfiguration, SmartDiscovery } from './discovery.ts';
import { IdTokens } from './id-token.ts';
import type { FindLaunchingEhr, LaunchingEhr } from './launching-ehr.ts';
import { type OrderContext, openOrder, type SealKeys } from './order-context.ts';
import { challengeOf, randomText } from './pkce.ts';
import { authorizeProblem, discoveryProblem, PROBLEMS, type Problem, tokenProblem } from './problems.ts';
import { scopesFor } from './scopes.ts';
import type { LaunchRecord, PendingLaunch, SessionStore } from './session-store.ts';
import {
  exchangeCode,
  type Grant,
  refreshTokens,
  revokeTokens,
  type TokenAnswer,
  type TokenClient,
} from './token-endpoint.ts';

export interface AuthorizationOptions {
  readonly findEhr: FindLaunchingEhr;
  /** the parts of a chart that the policies read */
  readonly sections: ReadonlySet<Section>;
  readonly keys: ClientKeys;
  readonly sealKeys: SealKeys;
  readonly store: SessionStore;
  readonly secretOf: (variable: string) => string | undefined;
}

/** The browser goes to the EHR's sign-in, or learns why not. */
export type Going =
  | { readonly kind: 'going'; readonly url: string /** value of its launch cookie */; readonly browser: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** What a browser comes back with. */
export interface Back {
  readonly state: string;
  /** value of its launch cookie */
  readonly browser: string | undefined;
  /** the address that it came back to */
  readonly redirectUri: string;
  readonly code?: string;
  readonly error?: string;
  readonly description?: string;
  /** the issuer that answered (RFC 9207) */
  readonly issuer?: string;
}

export type Finished =
  | { readonly kind: 'launched'; readonly launch: LaunchRecord }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly ehr?: LaunchingEhr; readonly said?: string };

const LONGEST = { launch: 8192, code: 8192, description: 300 } as const;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
const stopped = (problem: Problem, ehr?: LaunchingEhr, said?: string): Finished => ({
  kind: 'problem',
  problem,
  ...(ehr !== undefined && { ehr }),
  ...(said !== undefined && { said }),
});

/** The sign-in of a launch (SMART App Launch 2.2): to the EHR, back with a code, tokens for it. */
export class Authorization {
  readonly #options: AuthorizationOptions;
  readonly #discovery = new SmartDiscovery();
  readonly #idTokens = new IdTokens();

  constructor(options: AuthorizationOptions) {
    this.#options = options;
  }

  /**
   * Begins a sign-in.
   * @param launch the EHR's launch code; undefined for a launch from our own page
   * @param base the base under which the browser reaches us
   * @param browser its launch cookie, if it has one
   */
  async begin(ehr: LaunchingEhr, launch: string | undefined, base: string, browser?: string): Promise<Going> {
    if (launch !== undefined && launch.length > LONGEST.launch) return { kind: 'problem', problem: PROBLEMS.badLaunch };
    const registration = ehr.ehr.smart;
    const found = await this.#discovery.find(ehr.base, ehr.privateNetwork);
    if (!found.ok) return { kind: 'problem', problem: discoveryProblem(found.problem) };
    const { configuration } = found;
    const { sections, store } = this.#options;
    const scope = scopesFor({
      launch: launch === undefined ? 'standalone' : 'ehr',
      sections,
      registration,
      capabilities: configuration.capabilities,
    }).join(' ');
    const own = browser ?? randomText();
    const [state, nonce, verifier] = [randomText(), randomText(), randomText()];
    const redirectUri = `${base}${registration.redirectPath}`;
    const pending = { state, browser: digest(own), base: ehr.base, redirectUri, verifier, nonce, scope, configuration };
    await store.begin(pending);
    const url = new URL(configuration.authorizationEndpoint);
    const parameters = {
      response_type: 'code',
      client_id: registration.clientId,
      redirect_uri: redirectUri,
      ...(launch !== undefined && { launch }),
      scope,
      state,
      aud: ehr.iss,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      nonce,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { kind: 'going', url: url.href, browser: own };
  }

  /** Ends a sign-in: each of these checks can stop it, and no code is sent anywhere before they have passed. */
  async finish(back: Back): Promise<Finished> {
    const taken = await this.#options.store.take(back.state);
    if (taken.kind === 'unknown') return stopped(PROBLEMS.noState);
    if (taken.kind === 'expired') return stopped(PROBLEMS.expiredState);
    const { pending } = taken;
    const ehr = this.#options.findEhr(pending.base);
    if (ehr === undefined) return stopped(PROBLEMS.unknownEhr);
    if (back.browser === undefined || digest(back.browser) !== pending.browser)
      return stopped(PROBLEMS.otherBrowser, ehr);
    if (back.redirectUri !== pending.redirectUri) return stopped(PROBLEMS.noState, ehr);
    if (!fromItsIssuer(back, pending.configuration)) return stopped(PROBLEMS.wrongIssuer, ehr);
    if (back.error !== undefined)
      return stopped(authorizeProblem(back.error), ehr, back.description?.slice(0, LONGEST.description));
    if (back.code === undefined || back.code === '' || back.code.length > LONGEST.code)
      return stopped(PROBLEMS.noCode, ehr);
    const client = this.#client(ehr, pending.configuration);
    const answer = await exchangeCode(client, back.code, pending.redirectUri, pending.verifier, pending.scope);
    if (!answer.ok) return stopped(tokenProblem(answer.problem), ehr);
    const finished = await this.#accept(answer.grant, pending, ehr);
    // What is not used is given back.
    if (finished.kind === 'problem') revokeTokens(client, answer.grant.tokens).catch(() => undefined);
    return finished;
  }

  /** Accepts a grant: who it is for, which patient, which order. */
  async #accept(grant: Grant, pending: PendingLaunch, ehr: LaunchingEhr): Promise<Finished> {
    const user = await this.#user(grant, pending, ehr);
    if (user === 'not-verified') return stopped(PROBLEMS.idToken, ehr);
    const { patientId, encounterId, needsBanner, tokens } = grant;
    if (patientId === undefined) return stopped(PROBLEMS.noPatient, ehr);
    const sealed = sealedIn(grant.appContext);
    const order = sealed === undefined ? undefined : await openOrder(sealed, this.#options.sealKeys);
    if (order !== undefined && !belongs(order, ehr.base, patientId)) return stopped(PROBLEMS.otherPatient, ehr);
    return {
      kind: 'launched',
      launch: {
        id: randomText(),
        base: ehr.base,
        patientId,
        ...(encounterId !== undefined && { encounterId }),
        ...(user !== undefined && { fhirUser: user }),
        needsBanner,
        csrf: randomText(),
        tokens,
        ...(order !== undefined && { order }),
        ...(sealed !== undefined && order === undefined && { staleOrder: true }),
      },
    };
  }

  /** The user of the id_token; without a token the user is not known. */
  async #user(grant: Grant, pending: PendingLaunch, ehr: LaunchingEhr): Promise<string | undefined | 'not-verified'> {
    if (grant.idToken === undefined) return undefined;
    const { issuer, jwksUri } = pending.configuration;
    const registration = ehr.ehr.smart;
    const verified = await this.#idTokens.verify(grant.idToken, {
      issuer: registration.issuer ?? issuer ?? ehr.base,
      clientId: registration.clientId,
      nonce: pending.nonce,
      ...(jwksUri !== undefined && { jwksUri }),
      privateNetwork: ehr.privateNetwork,
      base: ehr.base,
    });
    return verified.ok ? verified.fhirUser : 'not-verified';
  }

  /** New tokens for a launch. */
  async refresh(launch: LaunchRecord, refreshToken: string): Promise<TokenAnswer> {
    const client = await this.#clientOf(launch);
    return client === undefined
      ? { ok: false, problem: { kind: 'unreachable' } }
      : refreshTokens(client, refreshToken, launch.tokens.scope);
  }

  /** Gives the tokens of a launch back. */
  async revoke(launch: LaunchRecord): Promise<void> {
    const client = await this.#clientOf(launch);
    if (client !== undefined) await revokeTokens(client, launch.tokens);
  }

  async #clientOf(launch: LaunchRecord): Promise<TokenClient | undefined> {
    const ehr = this.#options.findEhr(launch.base);
    if (ehr === undefined) return undefined;
    const found = await this.#discovery.find(ehr.base, ehr.privateNetwork);
    return found.ok ? this.#client(ehr, found.configuration) : undefined;
  }

  #client(ehr: LaunchingEhr, configuration: SmartConfiguration): TokenClient {
    const { keys, secretOf } = this.#options;
    const { privateNetwork } = ehr;
    return { registration: ehr.ehr.smart, configuration, keys, secretOf, privateNetwork, now: Date.now };
  }
}

/** Is the answer from the issuer that was asked? A server that says it names itself has to. */
function fromItsIssuer({ issuer }: Back, configuration: SmartConfiguration): boolean {
  if (issuer === undefined) return !configuration.returnsIssuer;
  return configuration.issuer === undefined || issuer === configuration.issuer;
}

/** Is the order of this patient at this EHR? */
const belongs = (order: OrderContext, base: string, patientId: string): boolean =>
  order.base === base && order.patientId === patientId;
