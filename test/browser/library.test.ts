import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, fitsWidth, openWindow, screenshot, startBrowser, VIEWS } from '../support/browser.ts';
import { checker } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([startTestService(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

const PAGES = {
  list: '/policies',
  search: '/policies?q=radiculopathy',
  policy: '/policies/kaiser-wa-lumbar-mri?on=2023-06-01',
  fact: '/policies/facts/physical-therapy-4-weeks',
  codes: '/policies/codes/radiculopathy',
  missing: '/policies/none',
} as const;

describe('the policy library', () => {
  for (const [name, path] of Object.entries(PAGES)) {
    it(`is accessible and fits: ${name}`, { timeout: 300_000 }, async () => {
      for (const view of VIEWS) {
        const window = await openWindow(browser, view.options);
        await window.page.goto(`${service.base}${path}`);
        expect([view.name, await axe(window.page, view.rules)]).toEqual([view.name, []]);
        expect([view.name, await fitsWidth(window.page)]).toEqual([view.name, true]);
        await screenshot(window.page, `library-${name}-${view.name}`);
        expect(window.outside).toEqual([]);
        expect(window.errors.filter((e) => !e.includes('404'))).toEqual([]);
        await window.close();
      }
    });
  }

  it('fits a window of 320 pixels, as at 400 % zoom: every policy whole', { timeout: 120_000 }, async () => {
    const window = await openWindow(browser, { viewport: { width: 320, height: 600 } });
    for (const id of checker().knowledge.policies.ids()) {
      await window.page.goto(`${service.base}/policies/${id}`);
      expect([id, await fitsWidth(window.page)]).toEqual([id, true]);
    }
    await window.close();
  });

  it.each([['list'], ['codes']] as const)(
    'keeps the words of its tables whole in a narrow window: %s',
    async (name) => {
      const window = await openWindow(browser, { viewport: { width: 400, height: 800 } });
      await window.page.goto(`${service.base}${PAGES[name]}`);
      // a word that stands on two lines has several boxes
      const broken = await window.page.evaluate(() => {
        const words: string[] = [];
        for (const cell of document.querySelectorAll('table :is(th, td)')) {
          const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
            for (const { 0: word, index } of (node.nodeValue ?? '').matchAll(/[\p{L}\p{N}]+/gu)) {
              const range = document.createRange();
              range.setStart(node, index);
              range.setEnd(node, index + word.length);
              if (range.getClientRects().length > 1) words.push(word);
            }
        }
        return words;
      });
      expect(broken).toEqual([]);
      expect(await fitsWidth(window.page)).toBe(true);
      await window.close();
    },
  );

  it('is read without JavaScript: from a search to the passage, its facts and its codes', async () => {
    const { page, close } = await openWindow(browser, { javaScriptEnabled: false });
    await page.goto(`${service.base}/policies`);
    await page.getByLabel('Search all policies').fill('straight leg raising');
    await page.getByRole('button', { name: 'Search' }).click();
    await page
      .getByRole('link', { name: /II\.B2 / })
      .first()
      .click();
    expect(new URL(page.url()).hash).toBe('#II.B2');
    await page.locator('[id="II.B2"]').getByRole('link', { name: 'positive straight leg raising test' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('straight leg raising');
    await page.getByRole('region', { name: 'How a chart shows it' }).getByRole('link').first().click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^Code set: /);
    expect(await page.getByRole('row').count()).toBeGreaterThan(1);
    await close();
  });

  it('shows every policy whole, and says what is in force on a day', async () => {
    const { page, close } = await openWindow(browser);
    for (const { id, input } of checker().knowledge.policies.policies) {
      const response = await page.goto(`${service.base}/policies/${id}`);
      expect([id, response?.status()]).toEqual([id, 200]);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(input.title);
    }
    await page.goto(`${service.base}/policies/kaiser-wa-lumbar-mri`);
    await page.getByLabel('What is in force on').fill('2023-12-31');
    await page.getByRole('button', { name: 'Show' }).click();
    const passage = page.locator('[id="II.B3"]');
    expect(await passage.textContent()).toContain('not in force on 2023-12-31');
    await page.getByLabel('What is in force on').fill('2024-01-01');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await passage.textContent()).not.toContain('not in force');
    await close();
  });

  it('takes a hostile query as words', async () => {
    const window = await openWindow(browser);
    const query = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
    await window.page.goto(`${service.base}/policies?q=${encodeURIComponent(query)}`);
    expect(await window.page.locator('main script, main img').count()).toBe(0);
    expect(await window.page.getByLabel('Search all policies').inputValue()).toBe(query);
    expect(window.errors).toEqual([]);
    await window.close();
  });
});
