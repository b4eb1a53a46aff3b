import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, fitsWidth, openWindow, screenshot, startBrowser, VIEWS, type Watched } from '../support/browser.ts';
import { type Running, startService } from '../support/running-service.ts';

let browser: Browser;
let running: Running;
beforeAll(async () => {
  [browser, running] = await Promise.all([startBrowser(), startService()]);
});
afterAll(async () => {
  await browser.close();
  await running.close();
});

/** Launches the app from the sandbox EHR in a real browser. */
async function launch({ page }: Watched, patient = 'gita', iss = running.fhir, base = running.base): Promise<void> {
  const code = running.sandbox.launches.prepare({ patient, user: 'Practitioner/wells', needsBanner: true });
  await page.goto(`${base}/smart/launch?${new URLSearchParams({ launch: code, iss })}`);
}

describe.each(VIEWS)('the pages of a launch, $name', ({ name, options }) => {
  it('are accessible, fit the window and load nothing from elsewhere', { timeout: 120_000 }, async () => {
    const window = await openWindow(browser, options);
    const { page } = window;
    const look = async (title: string): Promise<void> => {
      expect(await page.locator('h1').textContent()).toBe(title);
      expect(await axe(page)).toEqual([]);
      expect(await fitsWidth(page)).toBe(true);
      await screenshot(page, `launch-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}-${name}`);
    };
    await launch(window);
    expect(await page.locator('.banner').textContent()).toContain('Gita');
    await look('Which order?');
    await page.getByRole('button', { name: 'Log out' }).click();
    await look('You are logged out');
    await page.goBack();
    await page.reload();
    await look('The session has ended');
    await page.goto(`${running.base}/smart/start`);
    await look('Open the worksheet');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await look('Sandbox EHR: sign in and choose a patient');
    await page.getByRole('button', { name: 'Do not allow' }).click();
    await look('Access was not allowed');
    await page.goto(`${running.base}/smart/launch?iss=https://evil.example.org/fhir&launch=x`);
    await look('This EHR is not known here');
    expect(window.outside).toEqual([]);
    const unexpected = window.errors.filter((e) => !/status of (400|401|403)/.test(e));
    expect(unexpected).toEqual([]);
    await window.close();
  });
});

describe('in a frame', () => {
  let ehr: Server;
  let port: number;
  beforeAll(async () => {
    ehr = createServer((req, res) => {
      const app = new URL(req.url ?? '', 'http://ehr').searchParams.get('app') ?? '';
      res.setHeader('content-type', 'text/html');
      res.end(`<!doctype html><title>EHR</title><iframe id="app" width="900" height="700" src="${app}"></iframe>`);
    });
    await new Promise<void>((resolve) => ehr.listen(0, '0.0.0.0', resolve));
    port = (ehr.address() as AddressInfo).port;
  });
  afterAll(() => {
    ehr.close();
  });

  /** Opens the app in a frame of a page at another name of this machine, which is another site to the browser. */
  async function framed(window: Watched, host: string): Promise<void> {
    const code = running.sandbox.launches.prepare({ patient: 'ada', user: 'Practitioner/wells', needsBanner: false });
    const app = `${running.base}/smart/launch?${new URLSearchParams({ launch: code, iss: running.fhir })}`;
    await window.page.goto(`http://${host}:${port}/?${new URLSearchParams({ app })}`);
  }

  it('of an EHR of another site the app keeps its session, as its cookies belong to that frame', async () => {
    const window = await openWindow(browser);
    await framed(window, 'localhost');
    const app = window.page.frameLocator('#app');
    await app.locator('select#study').selectOption('72148');
    await app.getByRole('button', { name: 'Check this study' }).click();
    await app.getByRole('heading', { name: '72148' }).waitFor();
    const cookies = await window.context.cookies(running.base);
    expect(cookies.length).toBeGreaterThan(0);
    expect(cookies.every((c) => c.httpOnly && c.secure && c.sameSite === 'None')).toBe(true);
    expect(cookies.map((c) => c.partitionKey)).toEqual(cookies.map(() => 'http://localhost'));
    await window.close();
  });

  it('of a page that is not registered nothing is shown', async () => {
    const window = await openWindow(browser);
    await framed(window, '127.0.0.2');
    await expect.poll(() => window.errors.join(' ')).toContain('frame-ancestors');
    expect(await window.page.frameLocator('#app').locator('h1').count()).toBe(0);
    await window.close();
  });
});

describe('two windows of one browser', () => {
  it('show two patients, each its own', async () => {
    const window = await openWindow(browser);
    await launch(window, 'gita');
    const second = await window.context.newPage();
    await launch({ ...window, page: second }, 'hugo');
    await window.page.reload();
    expect(await window.page.locator('.banner').textContent()).toContain('Gita');
    expect(await second.locator('.banner').textContent()).toContain('Hugo');
    await window.close();
  });
});
