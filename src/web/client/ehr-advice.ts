import { html, useState } from 'htm/preact';
import type { Exchange, HookReply, PreparedLaunch } from '../../sandbox/ehr/wire.ts';
import { type Card, type Coding, cardsOf, diagnosticsOf, type Link, type Suggestion, webAddress } from './ehr-card.ts';
import { markdown } from './ehr-markdown.ts';
import { duration, Failure, type View } from './ehr-parts.ts';

/** What the user did with a card. */
export type Answered =
  | { readonly kind: 'overridden'; readonly words: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface Override {
  readonly reason: Coding | undefined;
  readonly comment: string;
}

/** What can be done with cards. */
export interface CardActions {
  readonly onApply: (card: Card, suggestion: Suggestion) => void;
  readonly onOverride: (card: Card, override: Override) => void;
  /** shows the worksheet in the side panel */
  readonly onPanel: (address: string) => void;
  /** the worksheet was opened in a window of its own */
  readonly onTab: () => void;
}

interface CardProps extends CardActions {
  readonly card: Card;
  readonly launches: readonly PreparedLaunch[];
  readonly answered: Answered | undefined;
  readonly plain: boolean;
  readonly stale: boolean;
}

function LinkView({ link, launch, onPanel, onTab }: LinkProps): View | false {
  if (link.type !== 'smart') {
    const url = webAddress(link.url);
    return (
      url !== undefined &&
      html`<a href=${url} target="_blank" rel="noopener noreferrer">${link.label}<span class="visually-hidden"> (new window)</span></a>`
    );
  }
  if (launch === undefined) return html`<span class="muted">${link.label}: the app could not be prepared.</span>`;
  return html`<span class="row">
    <a class="button primary" href=${launch.tab} target="_blank" rel="noopener" onClick=${onTab}
      >${link.label}<span class="visually-hidden"> (new window)</span></a
    >
    <button type="button" onClick=${() => onPanel(launch.panel)}>In the side panel</button>
  </span>`;
}
interface LinkProps extends Pick<CardActions, 'onPanel' | 'onTab'> {
  readonly link: Link;
  readonly launch: PreparedLaunch | undefined;
}

function OverrideForm({ card, onOverride }: Pick<CardProps, 'card' | 'onOverride'>): View {
  const [code, setCode] = useState('');
  const [comment, setComment] = useState('');
  const id = `override-${card.index}`;
  return html`<details class="override">
    <summary>Override: give a reason and put the card away</summary>
    <div class="field override-field">
      <label for=${`${id}-reason`}>Reason</label>
      <select
        id=${`${id}-reason`}
        value=${code}
        onChange=${(event: Event) => setCode((event.target as HTMLSelectElement).value)}
      >
        <option value="">no reason given</option>
        ${card.overrideReasons.map((r) => html`<option value=${r.code}>${r.display}</option>`)}
      </select>
    </div>
    <div class="field override-field">
      <label for=${`${id}-comment`}>Comment</label>
      <input
        type="text"
        id=${`${id}-comment`}
        value=${comment}
        onInput=${(event: Event) => setComment((event.target as HTMLInputElement).value)}
      />
    </div>
    <button
      type="button"
      onClick=${() => onOverride(card, { reason: card.overrideReasons.find((r) => r.code === code), comment })}
    >
      Override the card
    </button>
  </details>`;
}

const LOOKS = { info: 'quiet', warning: 'open', critical: 'bad' } as const;
const SIGNS = { info: 'Information', warning: 'Warning', critical: 'Critical' } as const;

function CardView(props: CardProps): View {
  const { card, launches, answered, plain, stale, onApply } = props;
  if (answered?.kind === 'overridden')
    return html`<article class="card muted">
      <p>${card.summary}</p>
      <p role="status">${answered.words}</p>
    </article>`;
  return html`<article class=${`card ${card.indicator}`} aria-labelledby=${`card-${card.index}`}>
    <p class="row spread small">
      <span class=${`state ${LOOKS[card.indicator]}`}>${SIGNS[card.indicator]}</span>
      <span class="muted">
        ${
          card.source.url === undefined
            ? card.source.label
            : html`<a href=${card.source.url} target="_blank" rel="noopener noreferrer">${card.source.label}</a>`
        }
      </span>
    </p>
    <h3 id=${`card-${card.index}`}>${card.summary}</h3>
    ${
      card.suggestions.length > 0 &&
      html`<p class="row">
        ${card.suggestions.map(
          (s) => html`<button type="button" disabled=${stale} onClick=${() => onApply(card, s)}>${s.label}</button>`,
        )}
      </p>`
    }
    ${answered?.kind === 'failed' && html`<${Failure} words=${answered.why} />`}
    <div class="card-links">
      ${card.links.map(
        (link) =>
          html`<${LinkView}
            key=${link.index}
            link=${link}
            launch=${launches.find((l) => l.card === card.index && l.link === link.index)}
            onPanel=${props.onPanel}
            onTab=${props.onTab}
          />`,
      )}
    </div>
    ${
      plain
        ? html`<pre class="plain-detail" tabindex="0" role="group" aria-label="Detail as plain text">${card.detail}</pre>`
        : html`<div class="detail">${markdown(card.detail)}</div>`
    }
    ${card.uuid !== undefined && html`<${OverrideForm} card=${card} onOverride=${props.onOverride} />`}
  </article>`;
}

/** Why there are no cards to show: said plainly, with the status. */
function FailedAnswer({ exchange, onAgain }: { readonly exchange: Exchange; readonly onAgain: () => void }): View {
  const { response, failure } = exchange;
  const status = response === undefined ? undefined : `${response.status} ${response.statusText}`.trim();
  const said = diagnosticsOf(response?.body);
  const words =
    response === undefined || response.status === 200
      ? `No advice: ${failure ?? 'there is no answer.'}`
      : `No advice: the service answered ${status}.`;
  return html`<${Failure} words=${words}>
    ${said.length > 0 && html`<p>It says: ${said.join('; ')}</p>`}
    <p>This is no statement about the order, and does not hold it up.</p>
    <p><button type="button" onClick=${onAgain}>Ask again</button></p>
  <//>`;
}

export interface AdviceProps extends CardActions {
  readonly reply: HookReply | undefined;
  /** cards of an order that was changed since */
  readonly stale: boolean;
  readonly answered: ReadonlyMap<number, Answered>;
  readonly onAgain: () => void;
}

/** The cards of an answer, or what came instead. */
export function Advice(props: AdviceProps): View | false {
  const { reply, stale, answered, onAgain } = props;
  const [plain, setPlain] = useState(false);
  if (reply === undefined) return false;
  const { exchange, launches } = reply;
  const usable = exchange.response?.status === 200 && exchange.failure === undefined;
  const cards = usable ? cardsOf(exchange.response.body) : [];
  return html`<div class=${stale ? 'advice stale' : 'advice'}>
    ${!usable && html`<${FailedAnswer} exchange=${exchange} onAgain=${onAgain} />`}
    ${
      usable &&
      html`<div class="row spread small">
        <span class="muted">${exchange.what}, answered ${exchange.response.status} in ${duration(exchange.ms)}</span>
        ${
          cards.length > 0 &&
          html`<span class="choices" role="group" aria-label="Show details as">
            <label><input type="radio" name="view" checked=${!plain} onChange=${() => setPlain(false)} /> Markdown</label>
            <label><input type="radio" name="view" checked=${plain} onChange=${() => setPlain(true)} /> Plain text</label>
          </span>`
        }
      </div>`
    }
    ${
      usable &&
      cards.length === 0 &&
      html`<p class="notice">No card: the service has nothing to say about this order. No policy here governs it for this payer.</p>`
    }
    ${cards.map(
      (card) =>
        html`<${CardView}
          key=${`${exchange.id}-${card.index}`}
          ...${props}
          card=${card}
          launches=${launches}
          plain=${plain}
          answered=${answered.get(card.index)}
        />`,
    )}
  </div>`;
}
