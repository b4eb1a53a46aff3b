/**
 * The worksheet without loading the page anew: check and save exchange the part that changes. What was answered stays on the
 * page whatever happens; without this script the forms work as whole pages.
 */
const FRAGMENT = 'X-Worksheet-Fragment';
const EXCHANGED = new Set(['check', 'save']);

const worksheet = (): HTMLElement | null => document.getElementById('worksheet');
const form = (): HTMLFormElement | null => document.querySelector<HTMLFormElement>('form#answers');

/** What stands in the form, as text. */
const contentOf = (of: HTMLFormElement): string =>
  new URLSearchParams([...new FormData(of)].map(([k, v]) => [k, String(v)])).toString();
/** Something was typed since the last save. */
let dirty = false;
/** A file is being fetched: the page stays. */
let fetching = false;

/** Says something on top of the page, in words and by voice. */
function say(title: string, text: string, withDownload: boolean): void {
  const place = document.getElementById('message');
  if (place === null) return;
  const box = document.createElement('div');
  box.id = 'message';
  box.className = 'notice bad';
  box.setAttribute('role', 'alert');
  const words = document.createElement('p');
  const strong = document.createElement('b');
  strong.textContent = title;
  words.append(strong, ` ${text}`);
  box.append(words);
  if (withDownload) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Download the answers';
    button.addEventListener('click', downloadHere);
    const row = document.createElement('p');
    row.append(button);
    box.append(row);
  }
  place.replaceWith(box);
  box.scrollIntoView({ block: 'nearest' });
}

/** The answers as a file made here, for when the service does not answer any more. */
function downloadHere(): void {
  const of = form();
  if (of === null) return;
  const answers = [...of.querySelectorAll('fieldset')].map((set) => {
    const fields = [...new FormData(of)].filter(([name]) => name.endsWith(`:${set.dataset['question'] ?? ''}`));
    return {
      question: set.querySelector('legend')?.textContent ?? '',
      ...Object.fromEntries(fields.map(([name, value]) => [name.slice(0, name.indexOf(':')), String(value)])),
    };
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ answers }, null, 2)], { type: 'application/json' }));
  link.download = 'worksheet-answers.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Puts back what was typed while the answer was on its way. */
function carryOver(sent: string, now: FormData, into: HTMLFormElement): void {
  const before = new URLSearchParams(sent);
  for (const [name, value] of now) {
    if (before.get(name) === String(value) || name === 'csrf') continue;
    for (const control of into.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`)) {
      if (control.type === 'radio') control.checked = control.value === String(value);
      else control.value = String(value);
    }
  }
}

const selectorOf = (element: Element | null): string | undefined =>
  element !== null && element.id !== '' && worksheet()?.contains(element) === true
    ? `#${CSS.escape(element.id)}`
    : undefined;

/** Exchanges the page's content; what was opened stays open, and the focus stays where it was. */
function exchange(text: string, sent: string): void {
  const old = worksheet();
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('worksheet');
  if (old === null || fresh === null) return;
  const focused = selectorOf(document.activeElement);
  const before = form();
  const now = before === null ? undefined : new FormData(before);
  const opened = [...old.querySelectorAll<HTMLDetailsElement>('details[id][open]')].map((d) => d.id);
  old.replaceWith(fresh);
  for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
  const after = form();
  if (after !== null && now !== undefined) carryOver(sent, now, after);
  const target = focused === undefined ? null : fresh.querySelector<HTMLElement>(focused);
  (target ?? fresh.querySelector<HTMLElement>('#outcome'))?.focus({ preventScroll: target !== null });
  showFills();
  announce();
  showWhatMatters(fresh);
}

/** Brings into sight what the answer is about: the first answer that is not right, else what is said of the save. */
function showWhatMatters(fresh: HTMLElement): void {
  const wrong = fresh.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (wrong !== null) {
    wrong.focus({ preventScroll: true });
    return (wrong.closest('fieldset') ?? wrong).scrollIntoView({ block: 'center' });
  }
  fresh.querySelector('#message:not([hidden])')?.scrollIntoView({ block: 'nearest' });
}

/** Tells the outcome to screen readers. */
function announce(): void {
  const live = document.getElementById('live');
  const outcome = document.getElementById('outcome-part') ?? document.getElementById('outcome');
  const message = document.getElementById('message');
  if (live === null) return;
  // an alert speaks for itself
  const said = message?.hidden === false && message.role === 'status' ? `${message.textContent ?? ''} ` : '';
  live.textContent = `${said}${outcome?.querySelector('h2')?.textContent ?? ''}. ${outcome?.querySelector('p')?.textContent ?? ''}`;
}

const LOST = 'Your answers are still on this page. Download them, or open the worksheet again from the EHR.';

async function send(of: HTMLFormElement, action: string, saving: boolean): Promise<void> {
  const sent = contentOf(of);
  worksheet()?.setAttribute('aria-busy', 'true');
  try {
    const response = await fetch(action, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', [FRAGMENT]: '1', Accept: 'text/html' },
      body: sent,
      redirect: 'error',
    });
    if (response.headers.get(FRAGMENT) === null) {
      const ended = response.status === 401 || response.status === 403;
      return say(
        ended ? 'The session has ended.' : 'The service did not answer as expected.',
        ended ? LOST : 'Your answers are still on this page. Try again in a minute, or download them.',
        true,
      );
    }
    exchange(await response.text(), sent);
    dirty = saving ? form() !== null && document.querySelector('#message.good') === null : dirty;
  } catch {
    say(
      'The service cannot be reached.',
      'Your answers are still on this page. Try again in a minute, or download them.',
      true,
    );
  } finally {
    worksheet()?.removeAttribute('aria-busy');
  }
}

document.addEventListener('submit', (event) => {
  const of = event.target;
  if (!(of instanceof HTMLFormElement) || of.id !== 'answers') return;
  const action = event.submitter?.getAttribute('formaction') ?? of.getAttribute('action') ?? '';
  const what = action.slice(action.lastIndexOf('/') + 1);
  if (!EXCHANGED.has(what)) {
    fetching = true;
    setTimeout(() => {
      fetching = false;
    }, 2_000);
    return;
  }
  event.preventDefault();
  void send(of, action, what === 'save');
});

/** Buttons that fill in a date; without scripts they are not shown. */
function showFills(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-fill]')) button.hidden = false;
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button[data-fill]') : null;
  const field = button === null ? null : document.getElementById(button.dataset['fill'] ?? '');
  if (!(field instanceof HTMLInputElement)) return;
  field.value = button?.dataset['with'] ?? '';
  dirty = true;
});

/** Shows a resource of the chart above the page, so that nobody has to leave what was answered. */
async function showResource(link: HTMLAnchorElement): Promise<void> {
  const response = await fetch(link.href, { headers: { Accept: 'text/html' }, redirect: 'error' });
  const main = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
  if (main === null) throw new Error('no page');
  const dialog = document.createElement('dialog');
  dialog.className = 'resource';
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  main.querySelector('.back')?.remove();
  const heading = main.querySelector('h1');
  if (heading !== null) {
    const title = document.createElement('h2');
    title.id = 'resource-title';
    title.append(...heading.childNodes);
    heading.replaceWith(title);
    dialog.setAttribute('aria-labelledby', title.id);
  }
  for (const inner of main.querySelectorAll('h2:not(#resource-title)')) {
    const smaller = document.createElement('h3');
    smaller.append(...inner.childNodes);
    inner.replaceWith(smaller);
  }
  dialog.append(close, ...main.childNodes);
  dialog.addEventListener('close', () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[data-resource]') : null;
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showResource(link).catch(() => say('This cannot be shown.', 'The service or the EHR did not answer.', false));
});

/** A link to a passage of the criteria opens it. */
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
  const target = link === null ? null : document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
});

document.addEventListener('input', (event) => {
  if (event.target instanceof Element && event.target.closest('form#answers') !== null) dirty = true;
});

addEventListener('beforeunload', (event) => {
  if (dirty && !fetching && form() !== null) event.preventDefault();
});

showFills();
