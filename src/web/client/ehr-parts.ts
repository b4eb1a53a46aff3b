import { html, useEffect, useRef } from 'htm/preact';

/** What htm makes of a template. */
export type View = ReturnType<typeof html>;
/** Something that may be shown, or not. */
export type Shown = View | string | false | undefined | readonly Shown[];

/** A JSON value that can be opened. */
export const Json = ({ value, label }: { readonly value: unknown; readonly label: string }): View =>
  html`<pre tabindex="0" role="group" aria-label=${label}>${JSON.stringify(value, null, 2)}</pre>`;

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: Shown;
}

/** Something that is shown above the page until it is closed; the focus stays in it, and goes back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps): View {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const close = (): void => element.current?.close();
  return html`<dialog ref=${element} class="resource" aria-labelledby="dialog-title" onClose=${onClose}>
    <div class="row spread">
      <h2 id="dialog-title">${title}</h2>
      <button type="button" onClick=${close}>Close</button>
    </div>
    ${children}
  </dialog>`;
}

/** What went wrong, said where it happened. */
export const Failure = ({ words, children }: { readonly words: string; readonly children?: Shown }): View =>
  html`<div class="notice bad" role="alert">
    <p>${words}</p>
    ${children}
  </div>`;

/** Milliseconds as people say them. */
export const duration = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
