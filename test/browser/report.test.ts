import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reportPage } from '../../src/report/report-page.ts';
import { OrderTally } from '../../src/report/tally-orders.ts';
import { axe, fitsWidth, openWindow, screenshot, startBrowser, VIEWS } from '../support/browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

const tally = new OrderTally();
const POLICIES = ['cigna-evicore-spine', 'kaiser-wa-cervical-mri'];
for (const [i, policy] of POLICIES.flatMap((p) => Array.from({ length: 12 }, () => p)).entries())
  tally.add({
    asOf: `2026-${String((i % 12) + 1).padStart(2, '0')}-01`,
    policy,
    outcome: i % 3 === 0 ? 'met' : 'undetermined',
    satisfied: i % 3 === 0 ? [`SP-${i}/a-passage-with-a-long-name@lumbar`] : [],
    contradicted: [],
    nearest: i % 3 === 0 ? [] : [`II.${i}`],
    needs: i % 3 === 0 ? [] : [`fact-${i % 5}`],
  });
const page = reportPage(tally.result(), {
  source: 'a test',
  made: '2026-05-01',
  labelOf: (fact) => `${fact}: at least six weeks of medication with physical therapy or other care`,
});

it('the report is accessible and fits, its figures open or not', { timeout: 120_000 }, async () => {
  for (const view of VIEWS) {
    const window = await openWindow(browser, view.options);
    await window.page.setContent(page);
    expect([view.name, await axe(window.page, view.rules)]).toEqual([view.name, []]);
    expect([view.name, await fitsWidth(window.page)]).toEqual([view.name, true]);
    for (const figures of await window.page.locator('summary').all()) await figures.click();
    expect([view.name, await fitsWidth(window.page)]).toEqual([view.name, true]);
    await screenshot(window.page, `report-${view.name}`);
    await window.close();
  }
});

it.each([390, 320, 1200])('its charts can be read in a window of %i pixels', async (width) => {
  const window = await openWindow(browser, { viewport: { width, height: 800 } });
  await window.page.setContent(page);
  const shown = await window.page.evaluate(() =>
    [...document.querySelectorAll('svg')]
      .filter((svg) => svg.getClientRects().length > 0)
      .map((svg) => {
        const { left, right } = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect());
        return {
          inside: left >= 0 && right <= innerWidth,
          // of a text of 11 pixels and more
          least: Math.min(...texts.map((t) => t.height)),
        };
      }),
  );
  expect(shown).toHaveLength(3);
  for (const { inside, least } of shown) {
    expect(inside).toBe(true);
    expect(least).toBeGreaterThan(9);
  }
  await window.close();
});
