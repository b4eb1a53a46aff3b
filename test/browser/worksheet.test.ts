import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatDay } from '../../src/dates/day.ts';
import { axe, fitsWidth, openWindow, screenshot, startBrowser, VIEWS } from '../support/browser.ts';
import { copyPatient } from '../support/copied-patient.ts';
import { hostile } from '../support/hostile-chart.ts';
import { draftOrder, type OpenedLaunch, startWorksheetApp, type WorksheetApp } from '../support/worksheet-app.ts';

const LONG = { timeout: 300_000 };
const YESTERDAY = formatDay(Math.floor(Date.now() / 86_400_000) - 1);
const LEG = 'Is the leg pain greater than the back pain?';
const RAISE = /straight leg raising test positive/;

let app: WorksheetApp;
let browser: Browser;
beforeAll(async () => {
  [app, browser] = await Promise.all([startWorksheetApp(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});
afterEach(() => {
  app.fault = undefined;
});

function launch(of: string, study = '72148'): OpenedLaunch {
  const patientId = copyPatient(app.sandbox.store, of);
  return app.open({ patientId, order: draftOrder(patientId, study, ['icd M54.16 Lumbar radiculopathy']) });
}

const group = (page: Page, question: string | RegExp) => page.getByRole('group', { name: question });

async function answer(page: Page, question: string | RegExp, value: 'Yes' | 'No', finding: string): Promise<void> {
  const asked = group(page, question);
  await asked.getByLabel(value, { exact: true }).check();
  await asked.getByLabel('Date on which it was found').fill(YESTERDAY);
  await asked.getByLabel('Finding as the note holds it').fill(finding);
}

/** Does it stand in the part of the page that is in sight, whole? */
const seen = (of: Locator): Promise<boolean> =>
  of.evaluate((e) => {
    const { top, bottom } = e.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

const outcome = (page: Page): Promise<string | null> => page.locator('#outcome').textContent();

describe('the worksheet is accessible and fits', () => {
  for (const view of VIEWS) {
    it(`open, checked, saved (${view.name})`, LONG, async () => {
      const { url } = launch('iris');
      const window = await openWindow(browser, view.options);
      const { page } = window;
      const look = async (name: string): Promise<void> => {
        expect([name, await axe(page, view.rules)]).toEqual([name, []]);
        expect([name, await fitsWidth(page)]).toEqual([name, true]);
        await screenshot(page, `worksheet-${name}-${view.name}`);
      };
      await page.goto(url);
      await look('open');
      const [, other] = await page.locator('.nearest > li > a').all();
      const anchor = await other?.evaluate((a) => decodeURIComponent((a as HTMLAnchorElement).hash.slice(1)));
      const passage = page.locator(`details[id="${anchor}"]`);
      expect(await passage.getAttribute('open')).toBe(null);
      await other?.click();
      expect(await passage.getAttribute('open')).not.toBe(null);
      await answer(page, LEG, 'Yes', 'Leg 8 of 10, back 3 of 10');
      await answer(page, RAISE, 'Yes', 'Positive on the left at 40 degrees');
      await group(page, /spinal stenosis/)
        .getByLabel('Yes', { exact: true })
        .check();
      await page.getByRole('button', { name: 'Check', exact: true }).click();
      await page.locator('#outcome .state.outcome.good').waitFor();
      await look('checked');
      await group(page, /spinal stenosis/)
        .getByLabel('Not assessed')
        .check();
      await page.getByRole('button', { name: 'Save to the chart' }).click();
      await page.locator('#message', { hasText: 'Saved.' }).waitFor();
      await look('saved');
      const link = page.getByRole('link', { name: /Lumbar radiculopathy/ }).first();
      await link.click();
      await page.getByRole('dialog', { name: /Lumbar radiculopathy/ }).waitFor();
      await look('resource-dialog');
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);
      expect(await link.evaluate((l) => l === document.activeElement)).toBe(true);
      await page.goto(await link.evaluate((l) => (l as HTMLAnchorElement).href));
      await look('resource');
      await page.goBack();
      await page.getByRole('link', { name: 'Summary of what is on file' }).click();
      await look('summary');
      expect(window.outside).toEqual([]);
      expect(window.errors).toEqual([]);
      await window.close();
    });
  }

  it('with a red flag, a conflict, and a failed save', LONG, async () => {
    const window = await openWindow(browser, VIEWS[0].options);
    const { page } = window;
    await page.goto(launch('clara').url);
    expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toContain(
      'do not delay care for authorization',
    );
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'worksheet-urgent');
    await page.goto(launch('iris').url);
    await answer(page, LEG, 'No', 'Back pain leads');
    app.fault = (req) => (req.method === 'POST' ? 403 : undefined);
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    await page.getByRole('alert').getByText('Not saved').waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'worksheet-not-saved');
    expect(await group(page, LEG).getByLabel('Finding as the note holds it').inputValue()).toBe('Back pain leads');
    await window.close();
  });
});

describe('the loop', () => {
  it('answer, check, save goes on without loading the page anew, and is told to screen readers', LONG, async () => {
    const { url } = launch('iris');
    const window = await openWindow(browser);
    const { page } = window;
    await page.goto(url);
    await page.evaluate(() => {
      document.documentElement.dataset['marker'] = 'kept';
    });
    expect(await outcome(page)).toContain('Criteria not settled');
    await answer(page, LEG, 'Yes', 'Leg 8 of 10');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('#live', { hasText: 'Criteria not settled' }).waitFor({ state: 'attached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('check');
    await answer(page, RAISE, 'Yes', 'Left, 40 degrees');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('#live', { hasText: 'Criteria met' }).waitFor({ state: 'attached' });
    expect(await page.locator('#counts').textContent()).toContain('2 facts stated by a clinician');
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    await page.getByRole('status').getByText('Saved.').waitFor();
    expect(await page.getByText('Stated before and on file').count()).toBe(1);
    expect(await page.evaluate(() => document.documentElement.dataset['marker'])).toBe('kept');
    expect(window.errors).toEqual([]);
    await page.reload();
    expect(await outcome(page)).toContain('Criteria met');
    await window.close();
  });

  it('shows beside the buttons what a check came to, and brings into sight what is wrong or saved', LONG, async () => {
    const { url } = launch('iris');
    const { page, close } = await openWindow(browser, { viewport: { width: 390, height: 844 } });
    await page.goto(url);
    const standing = page.locator('.actions .standing');
    expect(await standing.count()).toBe(0);
    await answer(page, RAISE, 'Yes', 'Left, 40 degrees');
    await group(page, LEG).getByLabel('Yes', { exact: true }).check();
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await group(page, LEG).getByText('Give the date').waitFor();
    const date = group(page, LEG).getByLabel('Date on which it was found');
    expect(await date.evaluate((d) => d === document.activeElement)).toBe(true);
    await expect.poll(() => seen(date)).toBe(true);
    await date.fill(YESTERDAY);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await standing.getByText('Criteria met as documented').waitFor();
    expect(await standing.textContent()).toContain('not saved yet');
    expect(await seen(standing)).toBe(true);
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    await page.locator('#message', { hasText: 'Saved.' }).waitFor();
    await expect.poll(() => seen(page.locator('#message'))).toBe(true);
    expect(await standing.count()).toBe(0);
    await close();
  });

  it('works without JavaScript', LONG, async () => {
    const { url } = launch('iris');
    const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
    await page.goto(url);
    await answer(page, LEG, 'Yes', 'Leg 8 of 10');
    await answer(page, RAISE, 'Yes', 'Left, 40 degrees');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    expect(await outcome(page)).toContain('Criteria met');
    expect(await group(page, RAISE).getByLabel('Yes', { exact: true }).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    expect(await page.getByRole('status').textContent()).toContain('Saved.');
    await page.goto(url);
    expect(await outcome(page)).toContain('Criteria met');
    await close();
  });

  it('works with the keyboard alone', LONG, async () => {
    const { url } = launch('iris');
    const { page, close } = await openWindow(browser);
    await page.goto(url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    const reach = async (selector: string): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        if (await page.evaluate((s) => document.activeElement?.matches(s) === true, selector)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`${selector} is not reached with Tab`);
    };
    for (const fact of ['leg-pain-greater', 'straight-leg-raise']) {
      await reach(`input[name="answer:lumbar:${fact}"]`);
      await page.keyboard.press('Space');
      await reach(`button[data-fill="date-lumbar-${fact}"]`);
      await page.keyboard.press('Enter');
      await reach(`input[name="finding:lumbar:${fact}"]`);
      await page.keyboard.type('as noted');
    }
    await page.keyboard.press('Enter');
    await page.locator('#live', { hasText: 'Criteria met' }).waitFor({ state: 'attached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe(
      'finding:lumbar:straight-leg-raise',
    );
    await reach('#save');
    await page.keyboard.press('Enter');
    await page.locator('#message', { hasText: 'Saved.' }).waitFor();
    await close();
  });

  it('keeps what is typed while an answer is on its way', LONG, async () => {
    const { url } = launch('iris');
    const { page, close } = await openWindow(browser);
    await page.goto(url);
    await answer(page, LEG, 'Yes', 'Leg 8 of 10');
    let go: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route('**/check', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await group(page, RAISE).getByLabel('Finding as the note holds it').fill('typed meanwhile');
    go();
    await page.locator('#live', { hasText: 'Criteria' }).waitFor({ state: 'attached' });
    expect(await group(page, RAISE).getByLabel('Finding as the note holds it').inputValue()).toBe('typed meanwhile');
    expect(await group(page, LEG).getByLabel('Yes', { exact: true }).isChecked()).toBe(true);
    await close();
  });

  for (const [what, fulfil, words] of [
    [
      'the session ends',
      { status: 401, contentType: 'text/html', body: '<h1>Session ended</h1>' },
      'The session has ended',
    ],
    ['the service stops', undefined, 'The service cannot be reached'],
    ['a proxy answers', { status: 502, contentType: 'text/html', body: 'Bad gateway' }, 'did not answer as expected'],
  ] as const) {
    it(`loses nothing when ${what}: the answers stay, and can be downloaded`, LONG, async () => {
      const { url } = launch('iris');
      const { page, close } = await openWindow(browser, { acceptDownloads: true });
      await page.goto(url);
      await answer(page, LEG, 'Yes', 'Leg 8 of 10');
      await page.route('**/save', (route) => (fulfil === undefined ? route.abort() : route.fulfill(fulfil)));
      await page.getByRole('button', { name: 'Save to the chart' }).click();
      await page.getByRole('alert').getByText(words).waitFor();
      expect(await group(page, LEG).getByLabel('Finding as the note holds it').inputValue()).toBe('Leg 8 of 10');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download the answers' }).click(),
      ]);
      expect(readFileSync(await download.path(), 'utf8')).toContain('Leg 8 of 10');
      await close();
    });
  }

  it('downloads the answers as a file of the service', LONG, async () => {
    const { url } = launch('iris');
    const { page, close } = await openWindow(browser, { acceptDownloads: true });
    await page.goto(url);
    await answer(page, LEG, 'Yes', 'Leg 8 of 10');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download answers' }).click(),
    ]);
    const file: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect(file).toMatchObject({ fhir: [{ resourceType: 'QuestionnaireResponse' }] });
    await close();
  });
});

describe('texts of the chart', () => {
  it('are text in every page, whatever they hold', LONG, async () => {
    const patientId = copyPatient(app.sandbox.store, 'iris', hostile);
    const order = hostile(draftOrder(patientId, '72148', ['icd M54.16 Lumbar radiculopathy']));
    const { url } = app.open({ patientId, order });
    const window = await openWindow(browser);
    const { page } = window;
    const safe = async (what: string): Promise<void> => {
      const found = await page.evaluate(() => ({
        hacked: 'hacked' in globalThis,
        foreign: document.querySelectorAll(
          'main img, main script, main iframe, main svg, main [onload], main [onerror]',
        ).length,
        links: [...document.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol)).length,
      }));
      expect([what, found]).toEqual([what, { hacked: false, foreign: 0, links: 0 }]);
    };
    await page.goto(url);
    expect(await page.locator('main').textContent()).toContain('<script>window.hacked=1');
    await safe('worksheet');
    const resources = await page
      .locator('a[href*="/resource?ref="]')
      .evaluateAll((links) => [...new Set(links.map((l) => (l as HTMLAnchorElement).href))]);
    expect(resources.length).toBeGreaterThan(4);
    await page.locator('a[href*="/resource?ref="]').first().click();
    await page.getByRole('dialog').waitFor();
    await safe('dialog');
    await page.getByRole('button', { name: 'Close' }).click();
    for (const href of [...resources.slice(0, 8), `${url}/resource?ref=Patient/${patientId}`]) {
      await page.goto(href);
      await safe(href);
    }
    await page.goto(url);
    await answer(page, LEG, 'Yes', '"><img src=x onerror="window.hacked=1">');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('#live', { hasText: 'Criteria' }).waitFor({ state: 'attached' });
    await safe('checked');
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    await page.locator('#message', { hasText: 'Saved.' }).waitFor();
    await safe('saved');
    await page.goto(`${url}/summary`);
    await safe('summary');
    expect(window.errors).toEqual([]);
    expect(window.outside).toEqual([]);
    await window.close();
  });
});

describe('the summary', () => {
  it('is one page on paper, for every patient of the sandbox', LONG, async () => {
    const { page, close } = await openWindow(browser);
    for (const patient of app.sandbox.patients) {
      const study = patient.tries[0]?.order.study ?? '72148';
      const { url } = launch(patient.id, study);
      const response = await page.goto(`${url}/summary`);
      expect(response?.status()).toBe(200);
      if ((await page.getByRole('heading', { name: /^Criteria check/ }).count()) === 0) continue;
      for (const format of ['A4', 'Letter'] as const) {
        const pdf = (await page.pdf({ format, preferCSSPageSize: false })).toString('latin1');
        expect([patient.id, format, pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length]).toEqual([patient.id, format, 1]);
      }
    }
    await close();
  });

  it('opens from the page with the answers that stand there, ready to print', LONG, async () => {
    const { url } = launch('iris');
    const window = await openWindow(browser);
    const { page, context } = window;
    await page.goto(url);
    await answer(page, LEG, 'Yes', 'Leg 8 of 10');
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: 'Summary to print' }).click(),
    ]);
    await opened.waitForLoadState();
    expect(await opened.locator('main').textContent()).toContain('Leg 8 of 10');
    expect(await opened.getByRole('button', { name: 'Print' }).isVisible()).toBe(true);
    await opened.emulateMedia({ media: 'print' });
    expect(await opened.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
    await screenshot(opened, 'summary-print');
    expect(window.errors).toEqual([]);
    await window.close();
  });
});
