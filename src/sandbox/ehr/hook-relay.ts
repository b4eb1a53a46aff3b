import { randomUUID } from 'node:crypto';
import { isObject, type Json, objects, text } from '../../chart/json.ts';
import type { Launches } from '../smart/launches.ts';
import { type EhrSession, type EhrSessions, TOKEN_SECONDS } from './sessions.ts';
import type { HookSigner } from './signing.ts';
import type { Exchange, HookReply, HookWish, PreparedLaunch } from './wire.ts';

const SCOPE = 'patient/*.rs';
/** So long the sandbox waits for the service. */
const PATIENCE_MS = 15_000;
const MOST_BYTES = 10_000_000;
const NO_COVERAGE: ReadonlySet<string> = new Set(['Coverage']);
const NOTHING: ReadonlySet<string> = new Set();

/** Where the service is, and the FHIR server, for one page. */
export interface RelayPlace {
  /** where this process reaches the service, e.g. "http://127.0.0.1:3000" */
  readonly service: string;
  /** the base that the service calls its own: the audience of tokens */
  readonly audience: string;
  /** FHIR base under which the browser and the service find the chart */
  readonly fhir: string;
}

/** An answer of the service, as far as it can be shown. */
type Answered = Pick<Exchange, 'response' | 'failure'>;

async function answerOf(response: Response): Promise<Answered> {
  const words = await response.text();
  const headers = Object.fromEntries(response.headers);
  const shown = { status: response.status, statusText: response.statusText, headers };
  if (words.length > MOST_BYTES) return { response: { ...shown, body: '' }, failure: 'The answer is too large.' };
  if (words === '') return { response: { ...shown, body: undefined } };
  try {
    return { response: { ...shown, body: JSON.parse(words) as unknown } };
  } catch {
    return { response: { ...shown, body: words.slice(0, 2_000) }, failure: 'The answer is not JSON.' };
  }
}

/** Makes the sandbox's calls to the service: signed, with a token for the chart, and written down whole. */
export class HookRelay {
  readonly #signer: HookSigner;
  readonly #sessions: EhrSessions;
  readonly #launches: Launches;

  constructor(signer: HookSigner, sessions: EhrSessions, launches: Launches) {
    this.#signer = signer;
    this.#sessions = sessions;
    this.#launches = launches;
  }

  /** Calls the service's hook, and prepares the launches that links of its cards ask for. */
  async call(session: EhrSession, wish: HookWish, place: RelayPlace): Promise<HookReply> {
    const id = randomUUID();
    const service = await this.#serviceOf(wish.hook, place);
    if (service === undefined) {
      const what = `The service has no ${wish.hook} hook, or does not answer discovery.`;
      return { exchange: await this.#post(id, wish.hook, place, '/cds-services', {}, what), launches: [] };
    }
    const hides = wish.withoutCoverage ? NO_COVERAGE : NOTHING;
    const token = this.#sessions.tokenFor({
      patient: wish.patient,
      scope: SCOPE,
      hides,
      session: session.id,
      exchange: id,
    });
    const body = {
      hook: wish.hook,
      hookInstance: id,
      fhirServer: place.fhir,
      fhirAuthorization: {
        access_token: token,
        token_type: 'Bearer',
        expires_in: TOKEN_SECONDS,
        scope: SCOPE,
        subject: 'payer-policy-cds',
        patient: wish.patient,
      },
      context: {
        userId: wish.user,
        patientId: wish.patient,
        ...(wish.hook === 'order-select' && { selections: wish.selections.map((s) => `ServiceRequest/${s}`) }),
        draftOrders: {
          resourceType: 'Bundle',
          type: 'collection',
          entry: wish.orders.map((resource) => ({ resource })),
        },
      },
    };
    const exchange = await this.#post(id, wish.hook, place, `/cds-services/${service}`, body);
    return { exchange, launches: this.#prepare(exchange.response?.body, session, wish, place, hides) };
  }

  /** Tells the service what became of its cards. @param service path of the service, below its base */
  feedback(hook: string, feedback: readonly unknown[], place: RelayPlace): Promise<Exchange> {
    return this.#serviceOf(hook, place).then((service) =>
      this.#post(randomUUID(), `feedback on ${hook}`, place, `/cds-services/${service ?? hook}/feedback`, { feedback }),
    );
  }

  /** The service of a hook, as discovery tells it. */
  async #serviceOf(hook: string, place: RelayPlace): Promise<string | undefined> {
    try {
      const response = await fetch(`${place.service}/cds-services`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const body: unknown = await response.json();
      return objects(isObject(body) ? body['services'] : undefined).flatMap((s) =>
        s['hook'] === hook ? (text(s['id']) ?? []) : [],
      )[0];
    } catch {
      return undefined;
    }
  }

  async #post(
    id: string,
    what: string,
    place: RelayPlace,
    path: string,
    body: unknown,
    failure?: string,
  ): Promise<Exchange> {
    const { token, header, payload } = await this.#signer.sign(`${place.audience}${path}`);
    const url = `${place.service}${path}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const at = Date.now();
    const started = performance.now();
    const answered = failure === undefined ? await this.#send(url, headers, body) : { failure };
    return {
      id,
      what,
      at,
      ms: Math.round(performance.now() - started),
      request: { url, headers, body },
      jwt: { header, payload },
      ...answered,
    };
  }

  async #send(url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<Answered> {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      return await answerOf(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal }));
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      return {
        failure: late ? `No answer within ${PATIENCE_MS / 1000} seconds.` : 'The service cannot be reached.',
      };
    }
  }

  #prepare(
    answer: unknown,
    session: EhrSession,
    wish: HookWish,
    place: RelayPlace,
    hides: ReadonlySet<string>,
  ): readonly PreparedLaunch[] {
    const cards = objects(isObject(answer) ? answer['cards'] : undefined);
    return cards.flatMap((card, c) =>
      objects(card['links']).flatMap((link, l) => {
        const url = text(link['url']);
        if (link['type'] !== 'smart' || url === undefined || !URL.canParse(url)) return [];
        const address = (needsBanner: boolean): string => {
          const launch = this.#launches.prepare({
            patient: wish.patient,
            user: wish.user,
            needsBanner,
            session: session.id,
            hides,
            ...appContextOf(link),
          });
          return launchAddress(url, launch, place.fhir);
        };
        return [{ card: c, link: l, tab: address(true), panel: address(false) }];
      }),
    );
  }
}

const appContextOf = (link: Json): { readonly appContext?: string } => {
  const appContext = text(link['appContext']);
  return appContext === undefined ? {} : { appContext };
};

/** The address that launches an app (SMART App Launch 2.2, EHR launch). */
function launchAddress(url: string, launch: string, iss: string): string {
  const address = new URL(url);
  address.searchParams.set('launch', launch);
  address.searchParams.set('iss', iss);
  return address.href;
}
