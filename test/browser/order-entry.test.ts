import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/chart/json.ts';
import { formatDay } from '../../src/dates/day.ts';
import { axe, fitsWidth, openWindow, screenshot, startBrowser, VIEWS, type Watched } from '../support/browser.ts';
import { copyPatient } from '../support/copied-patient.ts';
import { hostile } from '../support/hostile-chart.ts';
import { at, listAt } from '../support/json-path.ts';
import { checker } from '../support/knowledge.ts';
import { type Running, startService } from '../support/running-service.ts';

const LONG = { timeout: 240_000 };
const YESTERDAY = formatDay(Math.floor(Date.now() / 86_400_000) - 1);
const PAYERS = checker().knowledge.payers.payers.map((p) => p.name);
const HOOK = '**/sandbox/ehr/hook';

let running: Running;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startService(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await running.close();
});

/** Opens order entry. @param patient the one that is preselected when it is left out */
async function open(patient?: string, options: Parameters<typeof openWindow>[1] = {}): Promise<Watched> {
  const window = await openWindow(browser, { viewport: { width: 1400, height: 900 }, ...options });
  await window.page.goto(`${running.base}/sandbox${patient === undefined ? '' : `?patient=${patient}`}`);
  await window.page.getByRole('heading', { name: 'Chart' }).waitFor();
  return window;
}

const card = (page: Page) => page.getByRole('article');
const orderStory = (page: Page, study = '72148') =>
  page.getByRole('button', { name: new RegExp(`^${study} `) }).click();
const settled = (page: Page) => page.locator('section.decision[aria-busy="false"]').waitFor();

/** Types into a field that finds things, and takes what stands first. */
async function find(page: Page, label: string | RegExp, words: string): Promise<void> {
  const field = page.getByRole('combobox', { name: label, exact: true });
  await field.fill(words);
  await page.locator('.option').first().waitFor();
  await field.press('Enter');
}

async function answer(page: Page, question: string | RegExp): Promise<void> {
  const group = page.getByRole('group', { name: question });
  await group.getByLabel('Yes', { exact: true }).check();
  await group.getByLabel('Date on which it was found').fill(YESTERDAY);
  await group.getByLabel('Finding as the note holds it').fill('as the visit note says');
}

async function answerWorksheet(page: Page): Promise<void> {
  await answer(page, 'Is the leg pain greater than the back pain?');
  await answer(page, /straight leg raising test positive/);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.locator('#outcome .state.outcome.good').waitFor();
  await page.getByRole('button', { name: 'Save to the chart' }).click();
  await page.locator('#message', { hasText: 'Saved.' }).waitFor();
}

/** Takes Iris's chart back to its start. */
async function restore(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Restore this chart' }).click();
  await page.getByText('The chart is what it was at the start.').waitFor();
}

describe('the whole run, without reading any documentation', () => {
  it('order, card, worksheet, answers, saved, and the next card says met', LONG, async () => {
    const window = await open();
    const { page } = window;
    await page.getByText('Iris Pretend').waitFor();
    await page.getByText('Cards come when a study is chosen.').waitFor();
    await find(page, 'Study', '72148');
    await find(page, 'Reason', 'radicul');
    await page.getByText('M54.16', { exact: true }).waitFor();
    await card(page).getByText('Criteria not settled').waitFor();
    await settled(page);
    await screenshot(page, 'order-entry-card');
    const opened = page.waitForEvent('popup');
    await card(page).getByRole('link', { name: 'Open the worksheet: answer what is missing' }).click();
    const worksheet = await opened;
    await worksheet.getByRole('heading', { name: 'MRI lumbar spine without contrast (72148)' }).waitFor();
    expect(worksheet.url()).toMatch(/\/smart\/launches\/[\w-]{43}$/);
    await answerWorksheet(worksheet);
    await screenshot(worksheet, 'order-entry-worksheet-saved');
    await worksheet.close();
    await page.getByText('The worksheet saved answers to the chart; the order was selected again.').waitFor();
    await card(page).getByText('Criteria met as documented').waitFor();
    expect(await card(page).textContent()).toContain('2 facts stated by a clinician');
    await page.getByRole('button', { name: 'Select again' }).click();
    await settled(page);
    await card(page).getByText('Criteria met as documented').waitFor();
    // what was said of the save is not about this
    expect(await page.getByText('The worksheet saved answers').count()).toBe(0);
    await page.getByText('Answers from a worksheet').waitFor();
    await screenshot(page, 'order-entry-met');
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    await page.getByText('Read the advice below').waitFor();
    await settled(page);
    await page.getByRole('button', { name: 'Complete the signature' }).click();
    await page.getByText('Signed: the order is in the chart.').waitFor();
    await screenshot(page, 'order-entry-signed');
    await restore(page);
    expect(window.outside).toEqual([]);
    expect(window.errors).toEqual([]);
    await window.close();
  });

  it('in the side panel, at the width of a phone, by the story’s own order', LONG, async () => {
    const window = await open(undefined, { viewport: { width: 400, height: 850 } });
    const { page } = window;
    await orderStory(page);
    await card(page).getByRole('button', { name: 'In the side panel' }).click();
    const panel = page.frameLocator('iframe[title="Worksheet"]');
    await panel.locator('#outcome').waitFor();
    const frame = page.frames().find((f) => f.url().includes('/smart/launches/'));
    if (frame === undefined) throw new Error('the worksheet is not in the panel');
    // the EHR around the panel shows whose chart it is
    expect(await panel.locator('.banner').count()).toBe(0);
    await answerWorksheet(frame as unknown as Page);
    await card(page).getByText('Criteria met as documented').waitFor();
    expect(await fitsWidth(page)).toBe(true);
    await screenshot(page, 'order-entry-panel-narrow');
    await page.getByRole('button', { name: 'Close the worksheet' }).click();
    expect(await page.locator('iframe').count()).toBe(0);
    await restore(page);
    expect(window.errors).toEqual([]);
    await window.close();
  });
});

describe('the order', () => {
  it('takes the study that the card suggests, and the service is told', LONG, async () => {
    const window = await open('elsa');
    const { page } = window;
    await orderStory(page);
    await card(page).getByText('Criteria met for another study').waitFor();
    await settled(page);
    await screenshot(page, 'order-entry-alternative');
    // the other order of the story is still at hand
    expect(await page.getByRole('button', { name: /^72158 / }).count()).toBe(1);
    const told = page.waitForResponse('**/sandbox/ehr/feedback');
    await card(page)
      .getByRole('button', { name: /^Order 72158 instead/ })
      .click();
    expect((await (await told).request().postDataJSON()).feedback[0]).toMatchObject({
      outcome: 'accepted',
      acceptedSuggestions: [{ id: expect.any(String) }],
    });
    await card(page).getByText('Criteria met as documented').waitFor();
    await page.locator('.chosen', { hasText: '72158' }).waitFor();
    await page.getByText(/^Applied: Order 72158 instead.*The service was told\.$/).waitFor();
    expect(window.errors).toEqual([]);
    await window.close();
  });

  it('takes a next step along as a draft, and lets go of it', LONG, async () => {
    const window = await open('ada');
    const { page } = window;
    await orderStory(page);
    await card(page).getByRole('button', { name: 'Draft order: Referral to physiotherapist' }).click();
    await page.getByText('Ordered along with it').waitFor();
    await settled(page);
    // what is ordered along is no treatment yet
    await card(page).getByText('Criteria not settled').waitFor();
    await page.getByRole('button', { name: /^Take away .*therap/i }).click();
    await page.getByText('Ordered along with it').waitFor({ state: 'detached' });
    await window.close();
  });

  it('is overridden with a reason, and the service is told', LONG, async () => {
    const window = await open('dario');
    const { page } = window;
    await orderStory(page);
    await card(page).getByText('Criteria not met as documented').waitFor();
    await card(page).getByText('Override: give a reason').click();
    await card(page).getByLabel('Reason').selectOption('clinical-judgment');
    await card(page).getByLabel('Comment').fill('new weakness today');
    expect(await axe(page)).toEqual([]);
    const told = page.waitForRequest('**/sandbox/ehr/feedback');
    await card(page).getByRole('button', { name: 'Override the card' }).click();
    expect((await told).postDataJSON().feedback[0]).toMatchObject({
      outcome: 'overridden',
      overrideReason: { reason: { code: 'clinical-judgment' }, userComment: 'new weakness today' },
    });
    await card(page)
      .getByText(/^Overridden: .* The service was told\.$/)
      .waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'order-entry-overridden');
    await window.close();
  });

  it('asks the payer that is chosen, in its line of business, or none', LONG, async () => {
    const window = await open('iris');
    const { page } = window;
    await orderStory(page);
    await card(page).getByText('Kaiser WA').first().waitFor();
    const payer = page.getByLabel('Payer', { exact: true });
    await payer.selectOption('Cigna');
    await card(page).getByRole('heading', { name: /Cigna/ }).waitFor();
    await payer.selectOption('Kaiser Foundation Health Plan of Washington');
    await page.getByLabel('Line of business').selectOption('medicare');
    await card(page).getByText('No review needed').waitFor();
    await payer.selectOption('No coverage on file');
    await card(page)
      .getByText(/assumed: the EHR shows no coverage/)
      .waitFor();
    await payer.selectOption('A payer without a policy here');
    await page.getByText('No card: the service has nothing to say about this order.').waitFor();
    expect(await axe(page)).toEqual([]);
    await window.close();
  });

  it('carries reasons of both code systems, any code, and its date', LONG, async () => {
    const window = await open('bruno');
    const { page } = window;
    await find(page, 'Study', 'lumbar mri without');
    await find(page, 'Reason', '23056005');
    await find(page, 'Another reason', 'claudication');
    await find(page, 'Another reason', 'Z00.00');
    await settled(page);
    const asked = page.waitForRequest(HOOK);
    await page.getByLabel('Order date').fill('2024-02-29');
    const [order] = ((await asked).postDataJSON() as { orders: Json[] }).orders;
    expect(order).toMatchObject({
      authoredOn: '2024-02-29',
      status: 'draft',
      requester: { reference: 'Practitioner/wells' },
    });
    const codings = listAt(order, 'reasonCode').map((r) => [at(r, 'coding.0.system'), at(r, 'coding.0.code')]);
    expect(codings).toEqual([
      ['http://snomed.info/sct', '23056005'],
      ['http://hl7.org/fhir/sid/icd-10-cm', 'M48.062'],
      ['http://hl7.org/fhir/sid/icd-10-cm', 'Z00.00'],
    ]);
    await card(page).getByText('as of 2024-02-29').waitFor();
    await page.getByRole('button', { name: 'Take away sciatica' }).click();
    expect(await page.getByRole('list', { name: 'Reasons' }).getByRole('listitem').count()).toBe(2);
    await window.close();
  });

  it('is compared under every payer, side by side', LONG, async () => {
    for (const view of [VIEWS[0], VIEWS[2]]) {
      const window = await open('kira', view.options);
      const { page } = window;
      await orderStory(page);
      await settled(page);
      await page.getByRole('button', { name: 'Under every payer' }).click();
      const dialog = page.getByRole('dialog', { name: 'The same order under every payer' });
      await dialog.getByText('All payers have been asked.').waitFor({ state: 'attached' });
      const rows = await dialog.getByRole('row').allTextContents();
      expect(await dialog.getByRole('rowheader').allTextContents()).toEqual(PAYERS);
      const cigna = rows.find((row) => row.startsWith('Cigna'));
      expect(cigna).toMatch(/Met/);
      expect(cigna).toContain('SP-6.1');
      expect(rows.find((row) => row.startsWith('Kaiser'))).toMatch(/nearest: Section /);
      // nothing stands out of sight at the side
      const scroll = dialog.locator('.scroll');
      expect(await scroll.evaluate((e) => e.scrollWidth <= e.clientWidth)).toBe(true);
      expect(await axe(page)).toEqual([]);
      expect(await fitsWidth(page)).toBe(true);
      await screenshot(page, `order-entry-compared-${view.name}`);
      await page.keyboard.press('Escape');
      expect(await dialog.count()).toBe(0);
      await window.close();
    }
  });
});

describe('patients', () => {
  it('are searched by name or story, and another one empties the desk', LONG, async () => {
    const window = await open();
    const { page } = window;
    await orderStory(page);
    await card(page).waitFor();
    await page.getByRole('button', { name: 'Change patient' }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose a patient' });
    await dialog.getByText('13 patients').waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'order-entry-patients');
    await dialog.getByLabel('Name, id or story').fill('child');
    await dialog.getByText('1 patient', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: /Jonas/ }).click();
    await page.locator('.who', { hasText: 'Jonas Makebelieve' }).waitFor();
    expect(await dialog.count()).toBe(0);
    expect(await card(page).count()).toBe(0);
    expect(page.url()).toContain('patient=jonas');
    await orderStory(page);
    await card(page).getByText('Criteria met as documented').waitFor();
    await window.close();
  });

  it('never mix: a chart that comes after another patient was chosen is not opened', LONG, async () => {
    const window = await open('iris');
    const { page } = window;
    let late: Route | undefined;
    await page.route('**/sandbox/ehr/chart?patient=ada', (route) => {
      late = route;
    });
    const choose = async (name: RegExp): Promise<void> => {
      await page.getByRole('button', { name: 'Change patient' }).click();
      await page.getByRole('dialog').getByRole('button', { name }).click();
    };
    await choose(/Ada/);
    await page.getByText('The chart is being read').waitFor();
    expect(await page.getByRole('heading', { name: 'Order', exact: true }).count()).toBe(0);
    await choose(/Bruno/);
    await page.locator('.who', { hasText: 'Bruno' }).waitFor();
    const came = page.waitForResponse('**/sandbox/ehr/chart?patient=ada');
    await late?.continue();
    await came;
    await page.waitForTimeout(300);
    expect(await page.locator('.who').textContent()).toContain('Bruno');
    await orderStory(page);
    await card(page).waitFor();
    await window.close();
  });

  it('have a chart that can be read, with each resource as it is', LONG, async () => {
    const window = await open('bruno');
    const { page } = window;
    await page
      .getByRole('button', { name: /^JSON of .*claudication/i })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('"resourceType": "Condition"').waitFor();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText(/^Laboratory \d+$/).click();
    await page.getByRole('button', { name: /^Show all .* of Laboratory$/ }).click();
    expect(await axe(page)).toEqual([]);
    await page
      .getByRole('button', { name: /^as reason: .*claudication/i })
      .first()
      .click();
    await page.getByRole('list', { name: 'Reasons' }).getByRole('listitem').waitFor();
    await window.close();
  });
});

describe('answers that are late, wrong or missing', () => {
  it('a late answer never takes the place of a newer one', LONG, async () => {
    const window = await open('elsa');
    const { page } = window;
    let first: Route | undefined;
    await page.route(HOOK, async (route) => {
      if (first !== undefined) return route.continue();
      first = route;
      return undefined;
    });
    await orderStory(page);
    await page.getByText('Asking the service (order-select)').waitFor();
    await screenshot(page, 'order-entry-asking');
    await find(page, 'Another study', '72158');
    await card(page).getByText('Criteria met as documented').waitFor();
    await settled(page);
    await first?.continue();
    await page.getByText('Trace', { exact: true }).click();
    await page.getByText('came late, not shown').waitFor();
    expect(await card(page).getByRole('heading').textContent()).toContain('72158');
    await window.close();
  });

  it('a failed call is said with its status, and never looks like "nothing to say"', LONG, async () => {
    const window = await open('ada');
    const { page } = window;
    await page.route(HOOK, async (route) => {
      const response = await route.fetch();
      const reply = (await response.json()) as { exchange: Record<string, unknown> };
      const outcome = { resourceType: 'OperationOutcome', issue: [{ diagnostics: 'too many requests at once' }] };
      const failed = { status: 503, statusText: 'Service Unavailable', headers: {}, body: outcome };
      await route.fulfill({ response, json: { exchange: { ...reply.exchange, response: failed }, launches: [] } });
    });
    await orderStory(page);
    const alert = page.getByRole('alert');
    await alert.getByText('No advice: the service answered 503 Service Unavailable.').waitFor();
    await alert.getByText('It says: too many requests at once').waitFor();
    expect(await page.getByText('No card:').count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'order-entry-failed');
    await page.unroute(HOOK);
    await alert.getByRole('button', { name: 'Ask again' }).click();
    await card(page).getByText('Criteria not settled').waitFor();
    await page.route(HOOK, (route) => route.abort());
    await page.getByRole('button', { name: 'Select again' }).click();
    await page.getByRole('alert').getByText('The sandbox cannot be reached.').waitFor();
    expect(await card(page).count()).toBe(0);
    await window.close();
  });

  it('a page from before a restart says so', LONG, async () => {
    const window = await open('ada');
    const { page } = window;
    await page.route(HOOK, (route) =>
      route.continue({ headers: { ...route.request().headers(), 'x-sandbox-session': 'of-an-earlier-start' } }),
    );
    await orderStory(page);
    await page.getByRole('alert').getByText('The service has been started anew. Load this page again.').waitFor();
    await window.close();
  });

  for (const [mood, words] of [
    ['Truncated', 'Condition (truncated)'],
    ['Forbidden', 'Condition (not-available)'],
    ['Down', 'as the coverage could not be read'],
  ] as const)
    it(`the FHIR server ${mood.toLowerCase()}: shown on the page, and said on the card`, LONG, async () => {
      const window = await open('bruno');
      const { page } = window;
      await orderStory(page);
      await card(page).getByText('Criteria met as documented').waitFor();
      await page.getByLabel('FHIR server').selectOption(mood);
      await page.getByText(`The FHIR server is ${mood.toLowerCase()}, for this page alone.`).waitFor();
      await card(page).getByText(words).first().waitFor();
      await settled(page);
      expect(await card(page).textContent()).not.toContain('Criteria not met');
      expect(await axe(page)).toEqual([]);
      await screenshot(page, `order-entry-mood-${mood.toLowerCase()}`);
      await page.getByRole('button', { name: 'Back to normal' }).click();
      await card(page).getByText('Criteria met as documented').waitFor();
      await window.close();
    });

  it('the FHIR server slow: the wait is shown, and the answer comes at the deadline', LONG, async () => {
    const window = await open('bruno');
    const { page } = window;
    await page.getByLabel('FHIR server').selectOption('Slow');
    await page.getByText('The FHIR server is slow, for this page alone.').waitFor();
    await orderStory(page);
    await page.getByText('Asking the service (order-select)').waitFor();
    await card(page).getByText('Observation (failed)').waitFor();
    await screenshot(page, 'order-entry-mood-slow');
    await window.close();
  });
});

describe('what goes over the wire', () => {
  it('is shown: request, token, response, FHIR calls', LONG, async () => {
    const window = await open('iris');
    const { page } = window;
    await orderStory(page);
    await card(page).waitFor();
    await settled(page);
    await page.getByText('Trace', { exact: true }).click();
    const exchange = page.locator('.exchange').first();
    await exchange.locator('summary').first().click();
    for (const part of ['Request', 'JWT, decoded', 'Response']) await exchange.getByText(part, { exact: true }).click();
    await exchange.getByText('"hook": "order-select"').waitFor();
    await exchange.getByText('"alg": "ES384"').waitFor();
    await exchange.getByText('"jti"').waitFor();
    await exchange.getByText('"summary"').waitFor();
    await exchange.getByText('GET /Patient/iris').waitFor();
    expect(await exchange.locator('tbody tr').count()).toBeGreaterThan(10);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'order-entry-trace');
    await window.close();
  });

  it('a card reads as plain text too', LONG, async () => {
    const window = await open('iris');
    const { page } = window;
    await orderStory(page);
    await card(page).waitFor();
    await page.getByLabel('Plain text').check();
    expect(await card(page).locator('.plain-detail').textContent()).toContain('**Questions that would settle it**');
    expect(await axe(page)).toEqual([]);
    await page.getByLabel('Markdown').check();
    await card(page).locator('.detail strong', { hasText: 'Questions that would settle it' }).waitFor();
    await window.close();
  });
});

describe('accessible and readable', () => {
  for (const view of VIEWS)
    it(`empty, with a card, with the trace (${view.name})`, LONG, async () => {
      const window = await open('iris', view.options);
      const { page } = window;
      const look = async (name: string): Promise<void> => {
        expect([name, await axe(page, view.rules)]).toEqual([name, []]);
        expect([name, await fitsWidth(page)]).toEqual([name, true]);
        await screenshot(page, `order-entry-${name}-${view.name}`);
      };
      await look('empty');
      await page.getByRole('combobox', { name: 'Study' }).fill('lumbar');
      await page.locator('.option').first().waitFor();
      await look('searching');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Escape');
      expect(await page.locator('.option').count()).toBe(0);
      await orderStory(page);
      await card(page).waitFor();
      await settled(page);
      await look('card');
      await page.getByText('Trace', { exact: true }).click();
      await page.locator('.exchange summary').first().click();
      await look('traced');
      expect(window.outside).toEqual([]);
      expect(window.errors).toEqual([]);
      await window.close();
    });

  it('says that it needs JavaScript, where there is none', LONG, async () => {
    const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
    await page.goto(`${running.base}/sandbox`);
    expect(await page.locator('noscript').textContent()).toContain('This page of the sandbox needs JavaScript');
    await close();
  });
});

describe('texts of the chart and of cards', () => {
  it('are text and nothing else, wherever they are shown', LONG, async () => {
    const id = copyPatient(running.sandbox.store, 'iris', hostile);
    const window = await openWindow(browser, { viewport: { width: 1400, height: 900 } });
    const { page } = window;
    const safe = async (what: string): Promise<void> => {
      const found = await page.evaluate(() => ({
        hacked: 'hacked' in globalThis,
        foreign: document.querySelectorAll('main img, main script, main iframe, [onload], [onerror]').length,
        links: [...document.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol)).length,
      }));
      expect([what, found]).toEqual([what, { hacked: false, foreign: 0, links: 0 }]);
    };
    await page.route(HOOK, async (route) => {
      const response = await route.fetch();
      const reply = (await response.json()) as { exchange: { response: { body: { cards: Json[] } } } };
      const { cards } = reply.exchange.response.body;
      reply.exchange.response.body.cards = cards.map((c) => ({ ...hostile(c), indicator: 'warning' }));
      await route.fulfill({ response, json: reply });
    });
    await page.goto(`${running.base}/sandbox?patient=${id}`);
    await page.getByRole('heading', { name: 'Chart' }).waitFor();
    expect(await page.locator('main').textContent()).toContain('<img src=x onerror=');
    await page.evaluate(() => {
      for (const section of document.querySelectorAll('.chart details')) section.setAttribute('open', '');
    });
    await safe('chart');
    await page
      .getByRole('button', { name: /^JSON of / })
      .nth(2)
      .click();
    await page.getByRole('dialog').locator('pre').waitFor();
    await safe('resource');
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: /^as reason: / })
      .first()
      .click();
    await find(page, 'Study', '72148');
    await card(page).waitFor();
    expect(await card(page).textContent()).toContain('onerror="window.hacked=1');
    await safe('card');
    await page.getByLabel('Plain text').check();
    await safe('plain');
    await page.getByRole('button', { name: 'Change patient' }).click();
    await page
      .getByRole('dialog')
      .getByText(/patients$/)
      .waitFor();
    await safe('patients');
    expect(window.outside).toEqual([]);
    expect(window.errors).toEqual([]);
    await window.close();
  });
});

describe('over another FHIR server', () => {
  it('the whole run works the same: its charts, our sign-in, answers saved there', LONG, async () => {
    const [behind, other] = [running, await startService(undefined, { base: running.fhir })];
    const window = await openWindow(browser, { viewport: { width: 1400, height: 900 } });
    const { page } = window;
    await page.goto(`${other.base}/sandbox`);
    await page.locator('.who', { hasText: 'Ada Testcase' }).waitFor();
    await page.getByText(`Charts of ${behind.fhir}`).waitFor();
    await page.getByRole('button', { name: 'Change patient' }).click();
    await page.getByLabel('Name, id or story').fill('Pretend');
    await page.getByRole('button', { name: /Iris Pretend/ }).click();
    await page.locator('.who', { hasText: 'Iris Pretend' }).waitFor();
    await find(page, 'Study', '72148');
    await find(page, 'Reason', 'M54.16');
    const opened = page.waitForEvent('popup');
    await card(page).getByRole('link', { name: 'Open the worksheet: answer what is missing' }).click();
    const worksheet = await opened;
    await answerWorksheet(worksheet);
    await worksheet.close();
    await card(page).getByText('Criteria met as documented').waitFor();
    const [saved] = [...behind.sandbox.store.ofPatient('QuestionnaireResponse', 'iris')];
    expect(saved).toMatchObject({ author: { reference: expect.stringMatching(/^Practitioner\//) } });
    expect(JSON.stringify(saved)).not.toContain(other.base);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'order-entry-remote');
    expect(window.errors).toEqual([]);
    await window.close();
    await other.close();
  });
});
