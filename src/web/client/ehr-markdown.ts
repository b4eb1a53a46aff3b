import { html } from 'htm/preact';

/** What htm makes of a template. */
type Node = ReturnType<typeof html>;
type Inline = string | Node;

/** A backslash, code, bold, italic, or a link, whichever comes first. Nothing of it backtracks over more than one line. */
const INLINE = /\\([\\`*_[\]()#+.!-])|`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/;

/** The inline marks of a line. Text stays text: nothing of it ever becomes markup. */
export function inline(line: string): readonly Inline[] {
  const out: Inline[] = [];
  for (let rest = line; rest !== ''; ) {
    const found = INLINE.exec(rest);
    if (found === null) return [...out, rest];
    if (found.index > 0) out.push(rest.slice(0, found.index));
    const [whole, escaped, code, bold, italic, label, url] = found;
    if (escaped !== undefined) out.push(escaped);
    else if (code !== undefined) out.push(html`<code>${code}</code>`);
    else if (bold !== undefined) out.push(html`<strong>${inline(bold)}</strong>`);
    else if (italic !== undefined) out.push(html`<em>${inline(italic)}</em>`);
    else out.push(html`<a href=${url} target="_blank" rel="noopener noreferrer">${label}</a>`);
    rest = rest.slice(found.index + whole.length);
  }
  return out;
}

const ITEM = /^\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+(.*)$/;
const ORDERED = /^\s{0,3}\d/;
const HEADING = /^#{1,6}\s+(.*)$/;

interface Block {
  readonly kind: 'words' | 'list' | 'numbers' | 'heading';
  readonly lines: string[];
}

/** The paragraphs, lists and headings of a text. */
function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [item, heading] = [ITEM.exec(line)?.[1], HEADING.exec(line)?.[1]];
    const kind =
      item !== undefined ? (ORDERED.test(line) ? 'numbers' : 'list') : heading !== undefined ? 'heading' : 'words';
    if (line.trim() === '') open = undefined;
    else if (open !== undefined && open.kind === kind && kind !== 'heading') open.lines.push(item ?? line.trim());
    else if (open !== undefined && open.kind !== 'words' && open.kind !== 'heading' && kind === 'words')
      // a line that goes on with the item above it
      open.lines.push(`${open.lines.pop() ?? ''} ${line.trim()}`);
    else {
      open = { kind, lines: [item ?? heading ?? line.trim()] };
      blocks.push(open);
    }
  }
  return blocks;
}

function blockView({ kind, lines }: Block): Node {
  if (kind === 'list') return html`<ul>${lines.map((l) => html`<li>${inline(l)}</li>`)}</ul>`;
  if (kind === 'numbers') return html`<ol>${lines.map((l) => html`<li>${inline(l)}</li>`)}</ol>`;
  if (kind === 'heading') return html`<p><strong>${inline(lines.join(' '))}</strong></p>`;
  return html`<p>${inline(lines.join(' '))}</p>`;
}

/** Markdown as cards use it: paragraphs, lists, headings, bold, italic, code and links to the web. HTML in it is shown as text. */
export const markdown = (text: string): readonly Node[] => blocksOf(text).map(blockView);
