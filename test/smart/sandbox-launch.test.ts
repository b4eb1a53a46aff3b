import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCall } from '../../src/sandbox/start-message.ts';
import { type Running, startService } from '../support/running-service.ts';
import { hiddenField, UserAgent } from '../support/user-agent.ts';

let running: Running;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.close());

const json = async (url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(url, init);
  return { status: answer.status, body: await answer.json() };
};

const postJson = (url: string, body: unknown) =>
  json(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Asks the sandbox EHR to prepare a launch, as the official CDS Hooks Sandbox does. */
async function prepare(parameters: Readonly<Record<string, unknown>>): Promise<string> {
  const launchUrl = `${running.base}/smart/launch`;
  const { body } = await postJson(`${running.fhir}/_services/smart/Launch`, { launchUrl, parameters });
  return (body as { launch_id: string }).launch_id;
}

interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** every address on the way */
  readonly way: readonly string[];
}

/** Follows redirects to a page. */
async function follow(agent: UserAgent, url: string): Promise<Page> {
  const way = [url];
  for (let at = url; way.length < 12; ) {
    const seen = await agent.get(at);
    if (seen.location === undefined) return { url: at, status: seen.status, text: seen.text, way };
    at = new URL(seen.location, at).href;
    way.push(at);
  }
  throw new Error('too many redirects');
}

const launchUrl = (launch: string): string =>
  `${running.base}/smart/launch?${new URLSearchParams({ launch, iss: running.fhir })}`;

const open = async (parameters: Readonly<Record<string, unknown>>, agent = new UserAgent()): Promise<Page> =>
  follow(agent, launchUrl(await prepare(parameters)));

/** The link of the card that the service shows for a patient's first order. */
async function cardLink(patientId: string): Promise<{ readonly url: string; readonly appContext: string }> {
  const patient = running.sandbox.patients.find((p) => p.id === patientId);
  if (patient === undefined) throw new Error(patientId);
  const call = sampleCall(patient, 0, running.fhir);
  const { body } = await postJson(`${running.base}/cds-services/spine-imaging-order-select`, call);
  const [card] = (body as { cards: { links: { type: string; url: string; appContext: string }[] }[] }).cards;
  const link = card?.links.find((l) => l.type === 'smart');
  if (link === undefined) throw new Error('the card has no link to the app');
  return link;
}

describe('a launch from the sandbox EHR', () => {
  it('leads through a real authorization server to the choice of an order', async () => {
    const page = await open({ patient: 'ada', smart_messaging_origin: 'http://127.0.0.1' });
    expect(page.status, page.text).toBe(200);
    expect(page.url).toMatch(/\/smart\/launches\/[\w-]{43}\/orders$/);
    expect(page.text).toContain('Which order?');
    expect(page.way.some((u) => u.startsWith(`${running.base}/sandbox/oauth/auth?`))).toBe(true);
  });

  it('from the link of a card leads to the worksheet of its order', async () => {
    const link = await cardLink('ada');
    expect(link.url).toBe(`${running.base}/smart/launch`);
    expect(Object.keys(JSON.parse(link.appContext) as object)).toEqual(['assessment']);
    for (const form of [link.appContext, (JSON.parse(link.appContext) as { assessment: string }).assessment]) {
      const page = await open({ patient: 'ada', appContext: form });
      expect(page.url).toMatch(/\/smart\/launches\/[\w-]{43}$/);
    }
  });

  it('from the link of a card about another patient is refused', async () => {
    const { appContext } = await cardLink('ada');
    const page = await open({ patient: 'bruno', appContext });
    expect(page.status).toBe(403);
    expect(page.text).toContain('order-of-another-patient');
  });

  it.each([
    ['changed', (text: string) => `${text.slice(0, 200)}${text[200] === 'A' ? 'B' : 'A'}${text.slice(201)}`],
    ['not ours', () => JSON.stringify({ assessment: 'eyJhbGciOiJkaXIifQ..AAAA.BBBB.CCCC' })],
  ])('from a link whose context is %s asks for the order', async (_what, change) => {
    const { appContext } = await cardLink('ada');
    const page = await open({ patient: 'ada', appContext: change(appContext) });
    expect(page.url).toMatch(/\/orders$/);
    expect(page.text).toContain('The link of the card could not be read');
  });

  it('from a link of another app’s context asks for the order', async () => {
    const page = await open({ patient: 'ada', appContext: '{"coverageRef":"Coverage/1"}' });
    expect(page.text).toContain('Which order?');
    expect(page.text).not.toContain('could not be read');
  });

  it('that is not known ends at a page with the EHR’s words', async () => {
    const page = await follow(new UserAgent(), launchUrl('nothing'));
    expect(page.status).toBe(502);
    expect(page.text).toContain('the launch is not known, or has expired');
  });

  it('T134: shows no token in any address or page', async () => {
    const page = await open({ patient: 'ada' });
    expect(page.way.join(' ')).not.toMatch(/access_token|id_token|eyJ/);
    expect(page.text).not.toMatch(/eyJ|access_token/);
  });

  it('T133: with fewer scopes says what it could not read', async () => {
    const page = await open({ patient: 'ada', scope: 'launch openid fhirUser patient/Patient.r patient/Condition.rs' });
    expect(page.status).toBe(200);
    expect(page.text).toContain('could not be read');
  });

  it('works from both names of this machine', async () => {
    const local = running.base.replace('127.0.0.1', 'localhost');
    const query = new URLSearchParams({ launch: await prepare({ patient: 'ada' }), iss: `${local}/sandbox/fhir` });
    const page = await follow(new UserAgent(), `${local}/smart/launch?${query}`);
    expect(page.status, page.text).toBe(200);
    expect(page.url).toMatch(/^http:\/\/localhost:/);
  });

  it('lets a study be chosen, and then is about it', async () => {
    const agent = new UserAgent();
    const page = await open({ patient: 'ada' }, agent);
    const csrf = hiddenField(page.text, 'csrf') ?? '';
    for (const [form, status] of [
      [{ csrf, study: '99999' }, 400],
      [{ csrf }, 400],
      [{ csrf, order: 'ServiceRequest/nothing' }, 400],
      [{ csrf, order: 'https://evil.example.org/fhir/ServiceRequest/1' }, 400],
      [{ study: '72148' }, 403],
    ] as const)
      expect((await agent.post(page.url, form)).status).toBe(status);
    const chosen = await agent.post(page.url, { csrf, study: '72148' });
    expect(chosen.status).toBe(303);
    expect(chosen.location).toBe(page.url.replace(/\/orders$/, ''));
  });
});

describe('a standalone launch at the sandbox', () => {
  async function signIn(answer: Readonly<Record<string, string>>): Promise<Page> {
    const agent = new UserAgent();
    const going = await agent.post(`${running.base}/smart/start`, { iss: running.fhir });
    const choice = await agent.get(going.location ?? '');
    expect(choice.status).toBe(200);
    expect(choice.text).toContain('Ada');
    const query = new URLSearchParams([...new URL(going.location ?? '').searchParams, ...Object.entries(answer)]);
    return follow(agent, `${running.base}/sandbox/oauth/auth?${query}`);
  }

  it('lets the user choose a patient', async () => {
    const page = await signIn({ sandbox_patient: 'bruno', sandbox_user: 'wells', sandbox_answer: 'allow' });
    expect(page.status, page.text).toBe(200);
    expect(page.text).toContain('Which order?');
  });

  it('says so when the user does not allow it', async () => {
    const page = await signIn({ sandbox_user: 'wells', sandbox_answer: 'deny' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('access-denied');
  });
});

describe('what the sandbox says about itself', () => {
  it('is a smart-configuration that every client understands', async () => {
    const { body } = await json(`${running.fhir}/.well-known/smart-configuration`);
    const c = body as Record<string, unknown>;
    expect(c['code_challenge_methods_supported']).toEqual(['S256']);
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'issuer', 'revocation_endpoint'])
      expect(c[name]).toMatch(new RegExp(`^${running.base}/sandbox/oauth`));
    const { body: openid } = await json(`${c['issuer'] as string}/.well-known/openid-configuration`);
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'issuer', 'revocation_endpoint'])
      expect((openid as Record<string, unknown>)[name]).toBe(c[name]);
  });

  it('stands in the CapabilityStatement too', async () => {
    const { body } = await json(`${running.fhir}/metadata`);
    const [rest] = (
      body as { rest: { security: { extension: { extension: { url: string; valueUri: string }[] }[] } }[] }
    ).rest;
    expect(rest?.security.extension[0]?.extension).toEqual(
      expect.arrayContaining([{ url: 'token', valueUri: `${running.base}/sandbox/oauth/token` }]),
    );
  });

  it('is the launch service, for its own patients alone', async () => {
    const launch = (parameters: unknown) => postJson(`${running.fhir}/_services/smart/Launch`, { parameters });
    expect((await launch({ patient: 'nobody' })).status).toBe(400);
    expect((await launch({})).status).toBe(400);
    expect((await launch({ patient: 'ada' })).body).toEqual({ launch_id: expect.stringMatching(/^[\w-]{20,}$/) });
  });
});
