/** What the soak has seen: how often what was done, and everything that should not have been. */
export class Findings {
  readonly #counts = new Map<string, number>();
  readonly #wrong = new Map<string, number>();
  /** cards of answers that said their record is stored, or will be */
  readonly acknowledged = new Set<string>();
  readonly pending = new Set<string>();
  /** calls of payer mode that said the same of themselves */
  readonly calls = new Set<string>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  wrong(what: string): void {
    this.#wrong.set(what, (this.#wrong.get(what) ?? 0) + 1);
  }

  get failed(): boolean {
    return this.#wrong.size > 0;
  }

  /** What was done, as lines. */
  counted(): readonly string[] {
    return [...this.#counts]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([what, n]) => `${String(n).padStart(8)}  ${what}`);
  }

  /** What was wrong, as lines, the most frequent first. */
  wrongs(): readonly string[] {
    return [...this.#wrong].sort(([, a], [, b]) => b - a).map(([what, n]) => `${String(n).padStart(8)}  ${what}`);
  }
}
