/**
 * Makes the pictures of the README from the running service: `npm run screenshots`. The stories of the sandbox count back from
 * today, so that the dates in them change.
 */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { formatDay } from '../../src/dates/day.ts';
import { openWindow, startBrowser } from '../support/browser.ts';
import { callFor, cardsOf } from '../support/hook-call.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { startService } from '../support/running-service.ts';
import { pictureReport } from './report-picture.ts';

const YESTERDAY = formatDay(Math.floor(Date.now() / 86_400_000) - 1);
const running = await startService();
const browser = await startBrowser();

const keep = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(ROOT, 'docs/images', `${name}.png`) });
  console.log(`docs/images/${name}.png`);
};

/** The address at which the sandbox EHR launches the worksheet for Iris's card. */
async function worksheetUrl(): Promise<string> {
  const iris = running.sandbox.patients.find((p) => p.id === 'iris');
  if (iris === undefined) throw new Error('there is no iris');
  const [card] = await cardsOf(running, callFor(running, iris, 0));
  const link = listAt(card, 'links').find((l) => at(l, 'type') === 'smart');
  const response = await fetch(`${running.fhir}/_services/smart/Launch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      launchUrl: at(link, 'url'),
      parameters: { patient: 'iris', user: 'Practitioner/wells', appContext: at(link, 'appContext') },
    }),
  });
  const { launch_id } = (await response.json()) as { launch_id: string };
  return `${String(at(link, 'url'))}?${new URLSearchParams({ launch: launch_id, iss: running.fhir })}`;
}

async function answer(page: Page, question: string | RegExp, finding: string): Promise<void> {
  const group = page.getByRole('group', { name: question });
  await group.getByLabel('Yes', { exact: true }).check();
  await group.getByLabel('Date on which it was found').fill(YESTERDAY);
  await group.getByLabel('Finding as the note holds it').fill(finding);
}

/** Order entry with the card of a story's first order. */
async function orderEntry(name: string, patient: string, options: Parameters<typeof openWindow>[1]): Promise<void> {
  const window = await openWindow(browser, options);
  const { page } = window;
  await page.goto(`${running.base}/sandbox?patient=${patient}`);
  await page.getByRole('button', { name: /^72148 / }).click();
  await page.getByRole('article').waitFor();
  await page.locator('section.decision[aria-busy="false"]').waitFor();
  await keep(page, name);
  await page.getByRole('button', { name: 'Under every payer' }).click();
  await page.getByText('All payers have been asked.').waitFor({ state: 'attached' });
  await keep(page, `${name}-payers`);
  await window.close();
}

try {
  await orderEntry('sandbox-card', 'iris', { viewport: { width: 1400, height: 860 }, colorScheme: 'light' });
  const wide = await openWindow(browser, { viewport: { width: 1200, height: 860 }, colorScheme: 'light' });
  await wide.page.goto(await worksheetUrl());
  await wide.page.locator('#outcome').waitFor();
  await keep(wide.page, 'worksheet-open');
  await answer(wide.page, 'Is the leg pain greater than the back pain?', 'Leg 8 of 10, back 3 of 10');
  await answer(wide.page, /straight leg raising test positive/, 'Positive on the left at 40 degrees');
  await wide.page.getByRole('button', { name: 'Check', exact: true }).click();
  await wide.page.locator('#outcome .state.outcome.good').waitFor();
  await wide.page.evaluate(() => scrollTo(0, 0));
  await keep(wide.page, 'worksheet-met');
  await wide.close();
  const narrow = await openWindow(browser, { viewport: { width: 400, height: 860 }, colorScheme: 'dark' });
  await narrow.page.goto(await worksheetUrl());
  await narrow.page.locator('#outcome').waitFor();
  await keep(narrow.page, 'worksheet-narrow-dark');
  await narrow.close();
  const library = await openWindow(browser, { viewport: { width: 1200, height: 860 }, colorScheme: 'light' });
  await library.page.goto(`${running.base}/policies/kaiser-wa-lumbar-mri#II.B2`);
  await keep(library.page, 'policy-library');
  await library.close();
  await pictureReport(browser, keep);
} finally {
  await browser.close();
  await running.close();
}
