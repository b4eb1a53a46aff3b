import type { Request, Response } from 'express';
import { withoutSlashAtEnd } from '../chart/references.ts';
import { html, pageHtml, sendPage, type VNode } from '../web/page.ts';
import type { Problem } from './problems.ts';

/** What the pages of the app have in common. */
export interface PageFrame {
  /** the base under which the browser reaches the service */
  readonly base: string;
  /** who may show the page in a frame */
  readonly frameAncestors: readonly string[];
}

export const ROOM = 'Imaging criteria worksheet';

/** The path below which a proxy serves us; pages need it before their own paths. */
export const prefixOf = (base: string): string => withoutSlashAtEnd(new URL(base).pathname);

/** A number under which the request stands in the log. */
const reference = (res: Response): string => String(res.getHeader('X-Request-Id') ?? '');

/** Does the caller want data rather than a page? Scripts of the worksheet do. */
const wantsJson = (req: Request): boolean => req.accepts(['html', 'json']) === 'json';

/**
 * Says what went wrong, and what to do. Nothing of the request is repeated, except what the EHR gave as the reason.
 * @param said the EHR's own description of the error; it is shown as text
 */
export function sendProblemPage(res: Response, found: Problem, frame: PageFrame, said?: string): void {
  if (wantsJson(res.req)) {
    res.set('Cache-Control', 'no-store');
    res.status(found.status).json({ problem: found.code, title: found.title, todo: found.todo });
    return;
  }
  const body = html`<h1>${found.title}</h1>
    <div class="notice bad" role="alert">
      <p>${found.what}</p>
      ${said !== undefined && html`<p>The EHR says: “${said}”</p>`}
    </div>
    <p>${found.todo}</p>
    <p class="muted small">Reference ${reference(res)} · ${found.code}</p>`;
  const page = pageHtml({ title: found.title, room: ROOM, narrow: true, prefix: prefixOf(frame.base) }, body);
  sendPage(res, found.status, page, { frameAncestors: frame.frameAncestors });
}

/** An EHR that the app can be started with. */
export interface StartChoice {
  readonly name: string;
  readonly base: string;
}

/** Where the app is started without an EHR: the registered ones, and in development any address of this machine. */
export function sendStartPage(
  res: Response,
  choices: readonly StartChoice[],
  anyLoopback: string | undefined,
  frame: PageFrame,
): void {
  const action = `${prefixOf(frame.base)}/smart/start`;
  const body = html`<h1>Open the worksheet</h1>
    <p>
      You will sign in at your EHR and choose a patient there. The worksheet is usually opened from a card in the EHR, which
      brings the order with it.
    </p>
    ${choices.map(
      ({ name, base }) =>
        html`<form method="post" action=${action} class="panel row spread">
          <span>${name} <span class="muted small">${base}</span></span>
          <input type="hidden" name="iss" value=${base} />
          <button type="submit">Sign in<span class="visually-hidden"> at ${name}</span></button>
        </form>`,
    )}
    ${
      choices.length === 0 &&
      anyLoopback === undefined &&
      html`<p class="notice">No EHR offers this way of starting. Open the worksheet from the patient’s chart.</p>`
    }
    ${anyLoopback !== undefined && loopbackForm(action, anyLoopback)}`;
  const page = pageHtml({ title: 'Open the worksheet', room: ROOM, narrow: true, prefix: prefixOf(frame.base) }, body);
  // The sign-in that a form leads to may pass several servers; browsers hold all of them against form-action.
  const loopback = anyLoopback === undefined ? [] : ['http://127.0.0.1:*', 'http://localhost:*'];
  sendPage(res, 200, page, { frameAncestors: frame.frameAncestors, formAction: ['https:', ...loopback] });
}

const loopbackForm = (action: string, suggested: string): VNode =>
  html`<form method="post" action=${action} class="panel">
    <div class="field">
      <label for="iss">FHIR address on this machine</label>
      <span class="hint">Development mode: any loopback address is taken for a registered EHR.</span>
      <input type="url" id="iss" name="iss" required value=${suggested} />
    </div>
    <button type="submit">Sign in</button>
  </form>`;

/** The session has been ended by its user. */
export function sendLoggedOutPage(res: Response, frame: PageFrame): void {
  const body = html`<h1>You are logged out</h1>
    <p class="notice good" role="status">
      The worksheets of this browser are closed, and the access to the EHR was given back. You can close this page.
    </p>
    <p>To go on, open the worksheet again from the EHR.</p>`;
  const page = pageHtml({ title: 'Logged out', room: ROOM, narrow: true, prefix: prefixOf(frame.base) }, body);
  sendPage(res, 200, page, { frameAncestors: frame.frameAncestors });
}
