/** What a token opens that the sandbox gave out, and for whom. */
export interface Bearer {
  readonly patient: string;
  readonly scope: string;
  /** types of which this token is shown nothing */
  readonly hides: ReadonlySet<string>;
  /** the page of order entry that it belongs to */
  readonly session?: string;
  /** the hook call that it was made for */
  readonly exchange?: string;
}
