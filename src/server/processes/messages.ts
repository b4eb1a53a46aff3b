import type { Folders } from '../content.ts';
import type { Measured } from '../service.ts';

/** A copy of the content, from which all processes serve until the next one. */
export interface Generation {
  readonly number: number;
  readonly folders: Folders;
}

/** What the first process tells a serving one. */
export type ToServing =
  /** read this content and check it, and go on with the present one */
  | { readonly kind: 'prepare'; readonly generation: Generation }
  /** put the prepared content in force, or forget it */
  | { readonly kind: 'commit' | 'forget'; readonly number: number }
  | { readonly kind: 'measure'; readonly question: number }
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string | undefined }
  /** answer what is in work, and end */
  | { readonly kind: 'drain' };

/** What a serving process tells the first one. */
export type ToFirst =
  | { readonly kind: 'ready'; readonly port: number; readonly number: number }
  /** problems: none = the content can be put in force */
  | { readonly kind: 'prepared'; readonly number: number; readonly problems: readonly string[] }
  /** somebody asks for the measurements of all */
  | { readonly kind: 'metrics-wanted'; readonly question: number }
  | { readonly kind: 'measured'; readonly question: number; readonly measured: Measured }
  /** it ends; these are its last measurements */
  | { readonly kind: 'ending'; readonly measured: Measured };

/** How a serving process learns where it belongs: JSON in this environment variable. */
export const PLACE_VARIABLE = 'PAYER_POLICY_CDS_PLACE';

/** What a serving process is given at its start. */
export interface Place {
  readonly generation: Generation;
  /** where the processes of this machine keep what they share */
  readonly sharedFile: string;
}
