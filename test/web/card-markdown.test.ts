import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { markdown } from '../../src/web/client/ehr-markdown.ts';
import { assessmentOf, callFor, cardsOf } from '../support/hook-call.ts';
import { at } from '../support/json-path.ts';
import { startService } from '../support/running-service.ts';

const rendered = (text: string): string => renderToString(html`<div>${markdown(text)}</div>`).slice(5, -6);

describe('the Markdown of cards', () => {
  it('has paragraphs, lists, headings and inline marks', () => {
    expect(rendered('one\ntwo\n\n**bold** and *italic*, `code`')).toBe(
      '<p>one two</p><p><strong>bold</strong> and <em>italic</em>, <code>code</code></p>',
    );
    expect(rendered('**Heading**\n- one\n- two\n\nafter')).toBe(
      '<p><strong>Heading</strong></p><ul><li>one</li><li>two</li></ul><p>after</p>',
    );
    expect(rendered('1. one\n2. two')).toBe('<ol><li>one</li><li>two</li></ol>');
    expect(rendered('- one\n  goes on')).toBe('<ul><li>one goes on</li></ul>');
    expect(rendered('## Title\ntext')).toBe('<p><strong>Title</strong></p><p>text</p>');
    expect(rendered('a \\*star\\*')).toBe('<p>a *star*</p>');
    expect(rendered('')).toBe('');
  });

  it('links to the web alone, away from the page', () => {
    expect(rendered('[text](https://example.org/a?b=1)')).toBe(
      '<p><a href="https://example.org/a?b=1" target="_blank" rel="noopener noreferrer">text</a></p>',
    );
    for (const url of ['javascript:alert(1)', 'data:text/html,x', '//example.org', '/relative', 'JaVaScRiPt:x'])
      expect(rendered(`[text](${url})`)).not.toContain('<a');
  });

  it('shows HTML as the text that it is', () => {
    for (const hostile of [
      '<script>alert(1)</script>',
      '**<img src=x onerror=alert(1)>**',
      '- <svg/onload=alert(1)>',
      '[<b>x</b>](https://example.org/"onmouseover=alert(1))',
      '`</code><script>`',
    ]) {
      const shown = rendered(hostile);
      expect(shown).not.toMatch(/<(script|img|svg|b)[ />]/);
      expect(shown).not.toMatch(/<[^<>]*\son\w+=/);
    }
  });

  it('is quick with long and broken marks', () => {
    const started = performance.now();
    for (const text of ['*'.repeat(20_000), '['.repeat(20_000), '`a'.repeat(10_000), '**a'.repeat(10_000)])
      rendered(text);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('leaves no mark of our own cards unread', async () => {
    const running = await startService();
    try {
      for (const patient of running.sandbox.patients) {
        const [card] = await cardsOf(running, callFor(running, patient, 0));
        const shown = rendered(String(at(card, 'detail')));
        expect([at(assessmentOf(card), 'outcome'), shown]).toEqual([
          at(assessmentOf(card), 'outcome'),
          expect.not.stringMatching(/\*\*|(^|>)[-*] |\]\(/),
        ]);
      }
    } finally {
      await running.close();
    }
  });
});
