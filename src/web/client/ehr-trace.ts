import { html } from 'htm/preact';
import type { Exchange, SeenCall } from '../../sandbox/ehr/wire.ts';
import { duration, Json, type View } from './ehr-parts.ts';

/** A call to the service as the page keeps it. */
export interface Traced {
  readonly exchange: Exchange;
  /** it came after a newer one, and was not shown */
  readonly late: boolean;
}

const statusWords = ({ response, failure }: Exchange): string =>
  response === undefined ? (failure ?? 'no answer') : `${response.status} ${response.statusText}`;

const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;

/** A path as people read it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const BAR = { width: 120, height: 8 };

/** Calls with their time, as bars on one line of time. */
function Calls({ calls, label }: { readonly calls: readonly SeenCall[]; readonly label: string }): View {
  if (calls.length === 0) return html`<p class="muted">None.</p>`;
  const begin = Math.min(...calls.map((c) => c.at));
  const whole = Math.max(1, ...calls.map((c) => c.at + c.ms - begin));
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${label}>
    <table class="calls">
      <thead>
        <tr>
          <th scope="col">Call</th>
          <th scope="col">Status</th>
          <th scope="col">Entries</th>
          <th scope="col">Bytes</th>
          <th scope="col">Begun</th>
          <th scope="col">Took</th>
          <th scope="col"><span class="visually-hidden">As a bar</span></th>
        </tr>
      </thead>
      <tbody>
        ${calls.map(
          (c) =>
            html`<tr key=${c.n}>
              <td><code>${c.method} ${decoded(c.path)}</code></td>
              <td>${c.status === 0 ? 'given up' : c.status}</td>
              <td>${c.entries ?? ''}</td>
              <td>${c.bytes === 0 ? '' : c.bytes}</td>
              <td>+${c.at - begin} ms</td>
              <td>${c.ms} ms</td>
              <td>
                <svg width=${BAR.width} height=${BAR.height} aria-hidden="true" class=${c.status >= 400 || c.status === 0 ? 'bar bad' : 'bar'}>
                  <rect
                    x=${(BAR.width * (c.at - begin)) / whole}
                    width=${Math.max(2, (BAR.width * c.ms) / whole)}
                    height=${BAR.height}
                  />
                </svg>
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Exchanged({ traced, calls }: { readonly traced: Traced; readonly calls: readonly SeenCall[] }): View {
  const { exchange, late } = traced;
  const { request, response, jwt } = exchange;
  return html`<details class="exchange">
    <summary>
      ${new Date(exchange.at).toLocaleTimeString()} <b>${exchange.what}</b> · ${statusWords(exchange)} ·
      ${duration(exchange.ms)}${calls.length > 0 && ` · ${counted(calls.length, 'FHIR call')}`}
      ${late && html` <span class="state open">came late, not shown</span>`}
    </summary>
    <details>
      <summary>Request</summary>
      <p><code>POST ${request.url}</code></p>
      <${Json} value=${request.headers} label="Headers of the request" />
      <${Json} value=${request.body} label="Body of the request" />
    </details>
    <details>
      <summary>JWT, decoded</summary>
      <p class="muted small">
        Signed by the sandbox; its public key is published at <code>/sandbox/.well-known/jwks.json</code>, and its issuer is
        registered with the EHR of development.
      </p>
      <${Json} value=${jwt.header} label="Header of the JWT" />
      <${Json} value=${jwt.payload} label="Payload of the JWT" />
    </details>
    <details>
      <summary>Response</summary>
      ${
        response === undefined
          ? html`<p>${exchange.failure}</p>`
          : html`<p><code>${statusWords(exchange)}</code></p>
              <${Json} value=${response.headers} label="Headers of the response" />
              <${Json} value=${response.body} label="Body of the response" />`
      }
    </details>
    <h3>FHIR calls of the service</h3>
    <${Calls} calls=${calls} label=${`FHIR calls of ${exchange.what}`} />
  </details>`;
}

interface TraceProps {
  /** newest first */
  readonly traced: readonly Traced[];
  readonly calls: readonly SeenCall[];
}

/** What went over the wire: each call to the service, and each call that the FHIR server answered. */
export function TracePanel({ traced, calls }: TraceProps): View {
  const byExchange = Map.groupBy(calls, (c) => c.exchange ?? '');
  const ofApps = byExchange.get('') ?? [];
  return html`<section class="panel trace" aria-labelledby="trace-heading">
    <details>
      <summary>
        <h2 id="trace-heading">Trace</h2>
        <span class="muted small"> · ${counted(traced.length, 'call')} to the service, ${counted(calls.length, 'FHIR call')}</span>
      </summary>
      ${traced.length === 0 && html`<p class="muted">Nothing was sent yet.</p>`}
      ${traced.map(
        (one) =>
          html`<${Exchanged} key=${one.exchange.id} traced=${one} calls=${byExchange.get(one.exchange.id) ?? []} />`,
      )}
      ${
        ofApps.length > 0 &&
        html`<details class="exchange">
          <summary><b>Worksheet</b> · ${counted(ofApps.length, 'FHIR call')}</summary>
          <${Calls} calls=${ofApps} label="FHIR calls of the worksheet" />
        </details>`
      }
    </details>
  </section>`;
}
