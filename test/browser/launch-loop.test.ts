import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDay } from '../../src/dates/day.ts';
import { openWindow, screenshot, startBrowser } from '../support/browser.ts';
import { assessmentOf, callFor, cardsOf } from '../support/hook-call.ts';
import { at, listAt } from '../support/json-path.ts';
import { type Running, startService } from '../support/running-service.ts';

let running: Running;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startService(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await running.close();
});

const YESTERDAY = formatDay(Math.floor(Date.now() / 86_400_000) - 1);

function irisCall() {
  const iris = running.sandbox.patients.find((p) => p.id === 'iris');
  if (iris === undefined) throw new Error('there is no iris');
  return callFor(running, iris, 0);
}

/** Launches the app as an EHR does that has shown a card with a link to it. */
async function launchUrl(link: unknown): Promise<string> {
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

describe('from the card through the EHR’s sign-in and back', () => {
  it('two answers turn an open order into one that is met, and the next card says so', {
    timeout: 120_000,
  }, async () => {
    const [card] = await cardsOf(running, irisCall());
    expect(at(assessmentOf(card), 'outcome')).toBe('undetermined');
    const link = listAt(card, 'links').find((l) => at(l, 'type') === 'smart');
    expect(at(link, 'label')).toBe('Open the worksheet: answer what is missing');
    const window = await openWindow(browser);
    const { page } = window;
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.goto(await launchUrl(link));
    await page.getByRole('heading', { name: 'MRI lumbar spine without contrast (72148)' }).waitFor();
    expect(await page.locator('#outcome').textContent()).toContain('Criteria not settled');
    const asked = at(assessmentOf(card), 'missing.0.ask');
    expect(await page.getByRole('group', { name: String(asked) }).count()).toBe(1);
    for (const question of ['Is the leg pain greater than the back pain?', /straight leg raising test positive/]) {
      const group = page.getByRole('group', { name: question });
      await group.getByLabel('Yes', { exact: true }).check();
      await group.getByLabel('Date on which it was found').fill(YESTERDAY);
      await group.getByLabel('Finding as the note holds it').fill('as the visit note says');
    }
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('#outcome .state.outcome.good').waitFor();
    const sentence = await page.locator('#outcome-part p').first().textContent();
    await page.getByRole('button', { name: 'Save to the chart' }).click();
    await page.locator('#message', { hasText: 'Saved.' }).waitFor();
    await screenshot(page, 'loop-saved');
    const [next] = await cardsOf(running, irisCall());
    expect(at(assessmentOf(next), 'outcome')).toBe('met');
    expect(at(next, 'summary')).toBe(sentence);
    expect(at(next, 'detail')).toContain('2 facts stated by a clinician');
    const [response, ...more] = [...running.sandbox.store.ofPatient('QuestionnaireResponse', 'iris')];
    expect(more).toEqual([]);
    expect(response).toMatchObject({ author: { reference: 'Practitioner/wells' }, status: 'completed' });
    const cookies = await window.context.cookies();
    const secrets = [...cookies.map((c) => c.value), 'access_token', 'Bearer'];
    expect(addresses.filter((a) => secrets.some((s) => a.includes(s)))).toEqual([]);
    expect(window.outside).toEqual([]);
    expect(window.errors).toEqual([]);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out').waitFor();
    await window.close();
  });
});
