import { html, pageHtml } from '../../web/page.ts';

/** The page of order entry; its script fills it in. @param prefix path prefix of a proxy */
export function orderEntryPage(prefix: string): string {
  const nav = html`<nav aria-label="Elsewhere">
    <a href=${`${prefix}/policies`}>Policies</a>
  </nav>`;
  const body = html`<div id="ehr" data-prefix=${prefix}>
      <h1>Order entry</h1>
      <p role="status">The page is being made ready …</p>
    </div>
    <noscript>
      <p class="notice open">
        This page of the sandbox needs JavaScript. The service and the worksheet do not: paste the command that the start
        prints into a shell instead.
      </p>
    </noscript>`;
  const options = { title: 'Order entry', room: 'Sandbox EHR', nav, scripts: ['ehr.js'], styles: ['ehr.css'], prefix };
  return pageHtml({ ...options, wide: true }, body);
}
