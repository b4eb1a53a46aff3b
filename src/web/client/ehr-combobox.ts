import { html, useEffect, useRef, useState } from 'htm/preact';
import { wordsOf } from './ehr-api.ts';
import type { View } from './ehr-parts.ts';

/** Something to pick. */
export interface Option {
  readonly code: string;
  readonly label: string;
  readonly hint?: string;
}

interface ComboboxProps<T extends Option> {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly search: (words: string) => Promise<readonly T[]>;
  readonly onPick: (option: T) => void;
}

const PAUSE_MS = 120;

interface Found<T> {
  readonly words: string;
  readonly options: readonly T[];
  readonly problem?: string;
}

/** A field that finds things while one types (ARIA combobox with a list box). Answers to what was typed before are dropped. */
export function Combobox<T extends Option>({ id, label, hint, search, onPick }: ComboboxProps<T>): View {
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Found<T> | undefined>(undefined);
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const asked = words.trim();

  useEffect(() => {
    if (asked === '') {
      setFound(undefined);
      return undefined;
    }
    let current = true;
    const tell = (answer: Found<T>): void => {
      if (!current) return;
      setFound(answer);
      setActive(0);
    };
    const timer = setTimeout(() => {
      search(asked).then(
        (options) => tell({ words: asked, options }),
        (error: unknown) => tell({ words: asked, options: [], problem: wordsOf(error) }),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked]);

  const options = open && asked !== '' ? (found?.options ?? []) : [];
  const pick = (option: T): void => {
    onPick(option);
    setWords('');
    setOpen(false);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && open && asked !== '') {
      event.preventDefault();
      setWords('');
    }
    if (options.length === 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((active + step + options.length) % options.length);
    }
    const chosen = options[active];
    // what stands in the list must be what was typed
    if (event.key === 'Enter' && chosen !== undefined && found?.words === asked) {
      event.preventDefault();
      pick(chosen);
    }
  };
  const listId = `${id}-list`;
  const settled = found !== undefined && found.words === asked;
  const state =
    asked === '' || !open
      ? ''
      : !settled
        ? 'Searching …'
        : (found.problem ?? (options.length === 0 ? 'Nothing found.' : `${options.length} found.`));
  return html`<div class="field combobox">
    <label for=${id}>${label}</label>
    <input
      ref=${input}
      type="text"
      id=${id}
      role="combobox"
      autocomplete="off"
      spellcheck=${false}
      aria-autocomplete="list"
      aria-expanded=${options.length > 0}
      aria-controls=${listId}
      aria-describedby=${`${id}-hint`}
      aria-activedescendant=${options.length > 0 ? `${listId}-${active}` : undefined}
      value=${words}
      onInput=${(event: Event) => {
        setWords((event.target as HTMLInputElement).value);
        setOpen(true);
      }}
      onKeyDown=${onKeyDown}
      onBlur=${() => setOpen(false)}
      onFocus=${() => setOpen(true)}
    />
    <span id=${`${id}-hint`} class="hint">${hint}</span>
    <ul id=${listId} role="listbox" aria-label=${`${label}: found`} class="found" hidden=${options.length === 0}>
      ${options.map(
        (option, i) =>
          html`<li
            key=${`${option.code}-${i}`}
            id=${`${listId}-${i}`}
            role="option"
            class="option"
            aria-selected=${i === active}
            onMouseDown=${(event: Event) => {
              event.preventDefault();
              pick(option);
            }}
            onMouseMove=${() => setActive(i)}
          >
            <b>${option.code}</b> ${option.label}
            ${option.hint !== undefined && html` <span class="muted small">${option.hint}</span>`}
          </li>`,
      )}
    </ul>
    <span class="hint" role="status">${state}</span>
  </div>`;
}
