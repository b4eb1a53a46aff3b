import type { Truth } from './truth.ts';

const DECODED: readonly (Truth | undefined)[] = [undefined, 'true', 'false', 'unknown'];

/** What is known of the nodes of a policy, by number, one byte each: a policy has thousands of them. */
export class Truths {
  readonly #codes: Uint8Array;

  /** Nothing is known yet. */
  constructor(nodes: number | Uint8Array) {
    this.#codes = typeof nodes === 'number' ? new Uint8Array(nodes) : nodes;
  }

  get(node: number): Truth | undefined {
    return DECODED[this.#codes[node] ?? 0];
  }

  set(node: number, truth: Truth): void {
    this.#codes[node] = truth === 'true' ? 1 : truth === 'false' ? 2 : 3;
  }

  /** A copy for so many nodes, in which nothing is known of some. @param unknown by node: not 0 = nothing is known */
  without(unknown: Uint8Array): Truths {
    const codes = new Uint8Array(unknown.length);
    codes.set(this.#codes);
    for (let node = 0; node < codes.length; node++) if (unknown[node] !== 0) codes[node] = 0;
    return new Truths(codes);
  }
}
