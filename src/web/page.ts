import type { Response } from 'express';
import helmet from 'helmet';
import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { assetHref } from './assets.ts';

export type { ComponentChildren, VNode };
export { html };

/** What a page says about itself. The title never holds anything of a chart. */
export interface PageOptions {
  readonly title: string;
  /** the room's name, at the top of the page */
  readonly room: string;
  /** links and buttons at the top */
  readonly nav?: VNode;
  /** scripts of `client/`, e.g. "worksheet.js" */
  readonly scripts?: readonly string[];
  /** further style sheets of `design/` */
  readonly styles?: readonly string[];
  readonly narrow?: boolean;
  /** uses the whole width of the window */
  readonly wide?: boolean;
  /** path prefix of a proxy that serves us below a path */
  readonly prefix?: string;
}

/** A whole page as HTML. Everything in it is escaped. */
export function pageHtml(options: PageOptions, body: ComponentChildren): string {
  const { title, room, nav, scripts = [], styles = [], narrow = false, wide = false, prefix = '' } = options;
  const width = narrow ? ' narrow' : wide ? ' wide' : '';
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>${title}</title>
      <link rel="icon" href="data:," />
      ${['design.css', ...styles].map((s) => html`<link rel="stylesheet" href=${prefix + assetHref(s)} />`)}
      ${scripts.map((s) => html`<script type="module" src=${prefix + assetHref(s)}></script>`)}
    </head>
    <body>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="topbar">
        <span class="name">${room}</span>
        ${nav}
      </header>
      <main id="main" tabindex="-1" class=${`page${width}`}>${body}</main>
    </body>
  </html>`;
  return `<!doctype html>${renderToString(page)}`;
}

/** A part of a page as HTML. */
export const fragmentHtml = (body: ComponentChildren): string => renderToString(html`<div>${body}</div>`);

/** What a page may load and who may frame it. */
export interface PagePolicy {
  /** sources that may frame the page; none by default */
  readonly frameAncestors?: readonly string[];
  /** further hosts that the page's scripts may call */
  readonly connect?: readonly string[];
  /** further targets of forms and of the redirects after them */
  readonly formAction?: readonly string[];
  /** the page shows pages of our own in frames */
  readonly frames?: boolean;
}

/**
 * The security headers of a page: only our own files, no inline script or style, framed by nobody but those named. There is no
 * Cross-Origin-Opener-Policy, as an EHR that opens the page in a window may talk to it, and no HSTS, which is the proxy's to say.
 */
export function setPageHeaders(res: Response, policy: PagePolicy = {}): void {
  const ancestors = policy.frameAncestors ?? [];
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", ...(policy.connect ?? [])],
        formAction: ["'self'", ...(policy.formAction ?? [])],
        ...(policy.frames === true && { frameSrc: ["'self'"] }),
        baseUri: ["'none'"],
        frameAncestors: ancestors.length === 0 ? ["'none'"] : [...ancestors],
      },
    },
    frameguard: ancestors.length === 0 ? { action: 'deny' } : false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    hsts: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  headers(res.req, res, () => {});
  res.set('Cache-Control', 'no-store');
  res.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
}

/** Sends a page with its headers. */
export function sendPage(res: Response, status: number, page: string, policy: PagePolicy = {}): void {
  setPageHeaders(res, policy);
  res.status(status).type('text/html; charset=utf-8').send(page);
}
