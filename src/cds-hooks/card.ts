/** A CDS Hooks Coding (2.0.1). */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** A CDS Hooks action: create a new resource, or update one as a whole. */
export interface Action {
  readonly type: 'create' | 'update';
  readonly description: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Suggestion {
  readonly label: string;
  readonly uuid: string;
  readonly actions: readonly Action[];
}

export interface Link {
  readonly label: string;
  readonly url: string;
  readonly type: 'absolute' | 'smart';
  readonly appContext?: string;
}

/** A CDS Hooks card (2.0.1, section "Card Attributes"). */
export interface Card {
  readonly uuid: string;
  /** fewer than 140 characters */
  readonly summary: string;
  /** GitHub Flavored Markdown, without HTML */
  readonly detail: string;
  readonly indicator: 'info' | 'warning';
  readonly source: { readonly label: string; readonly url?: string; readonly topic: Coding };
  readonly suggestions?: readonly Suggestion[];
  readonly selectionBehavior?: 'at-most-one' | 'any';
  readonly overrideReasons?: readonly Coding[];
  readonly links?: readonly Link[];
  readonly extension: Readonly<Record<string, unknown>>;
}
