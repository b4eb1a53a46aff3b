import type { Json } from '../../sandbox/ehr/wire.ts';
import { list, object, text } from './ehr-json.ts';

/** What the page reads of a card (CDS Hooks 2.0.1); whatever is not as expected is left out. */
export interface Card {
  /** its place in the answer, by which prepared launches name it */
  readonly index: number;
  readonly uuid: string | undefined;
  readonly summary: string;
  readonly detail: string;
  readonly indicator: 'info' | 'warning' | 'critical';
  readonly source: { readonly label: string; readonly url: string | undefined };
  readonly suggestions: readonly Suggestion[];
  readonly links: readonly Link[];
  readonly overrideReasons: readonly Coding[];
  readonly assessment: Assessment | undefined;
}

export interface Suggestion {
  readonly uuid: string | undefined;
  readonly label: string;
  readonly actions: unknown;
}

export interface Link {
  /** its place in the card's list */
  readonly index: number;
  readonly label: string;
  readonly url: string;
  readonly type: string;
}

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

/** What our own service says for machines, as far as the page shows it. */
export interface Assessment {
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly payer: string | undefined;
  readonly policy: string | undefined;
  /** criteria that decided, or the one that is nearest */
  readonly deciding: readonly string[];
  readonly questions: readonly string[];
  readonly alternatives: readonly string[];
}

const inside = (value: unknown, name: string): unknown => object(value)?.[name];

/** An address that may become a link: nothing but the web. */
export const webAddress = (url: string | undefined): string | undefined =>
  url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;

const EXTENSION = 'org.payer-policy-cds.assessment';

function decidingOf(assessment: Json): readonly string[] {
  const words = (item: Json): string => text(item['cite']) ?? text(item['criterion']) ?? '';
  switch (assessment['outcome']) {
    case 'met':
    case 'not-required':
    case 'alternative':
      return list(assessment['satisfied']).map(words);
    case 'not-met':
      return list(assessment['contradicted']).map(words);
    default:
      return list(assessment['paths'])
        .slice(0, 1)
        .map((p) => `nearest: ${words(p)}`);
  }
}

function assessmentOf(card: Json): Assessment | undefined {
  const found = object(inside(card['extension'], EXTENSION));
  if (found === undefined) return undefined;
  return {
    outcome: text(found['outcome']) ?? 'undetermined',
    reason: text(found['reason']),
    payer: text(inside(found['payer'], 'name')),
    policy: text(inside(found['policy'], 'title')),
    deciding: [...new Set(decidingOf(found))],
    questions: list(found['missing']).flatMap((m) => text(m['ask']) ?? []),
    alternatives: list(found['alternatives']).flatMap((a) => text(a['code']) ?? []),
  };
}

const INDICATORS = ['critical', 'warning', 'info'] as const;

function cardOf(card: Json, index: number): Card {
  return {
    index,
    uuid: text(card['uuid']),
    summary: text(card['summary']) ?? '',
    detail: text(card['detail']) ?? '',
    indicator: INDICATORS.find((i) => i === card['indicator']) ?? 'info',
    source: {
      label: text(inside(card['source'], 'label')) ?? 'source not named',
      url: webAddress(text(inside(card['source'], 'url'))),
    },
    suggestions: list(card['suggestions']).map((s) => ({
      uuid: text(s['uuid']),
      label: text(s['label']) ?? 'suggestion',
      actions: s['actions'],
    })),
    links: list(card['links']).map((l, i) => ({
      index: i,
      label: text(l['label']) ?? 'link',
      url: text(l['url']) ?? '',
      type: text(l['type']) ?? '',
    })),
    overrideReasons: list(card['overrideReasons']).map((r) => ({
      system: text(r['system']) ?? '',
      code: text(r['code']) ?? '',
      display: text(r['display']) ?? text(r['code']) ?? '',
    })),
    assessment: assessmentOf(card),
  };
}

/** The cards of an answer, the most urgent first. */
export const cardsOf = (body: unknown): readonly Card[] =>
  list(inside(body, 'cards'))
    .map(cardOf)
    .sort((a, b) => INDICATORS.indexOf(a.indicator) - INDICATORS.indexOf(b.indicator));

/** What an OperationOutcome says. */
export const diagnosticsOf = (body: unknown): readonly string[] =>
  list(inside(body, 'issue')).flatMap((i) => text(i['diagnostics']) ?? text(inside(i['details'], 'text')) ?? []);

/** Outcomes in words, with the look of their state. */
export const OUTCOMES: Readonly<Record<string, { readonly words: string; readonly look: string }>> = {
  met: { words: 'Met', look: 'good' },
  'not-met': { words: 'Not met', look: 'bad' },
  undetermined: { words: 'Not settled', look: 'open' },
  alternative: { words: 'Another study', look: 'bad' },
  'not-required': { words: 'No review needed', look: 'good' },
};
