import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { FHIR_ID } from '../../chart/references.ts';

/** What an EHR hands to an app that it launches. */
export interface LaunchContext {
  readonly patient: string;
  /** "Practitioner/x" */
  readonly user: string;
  readonly encounter?: string;
  readonly appContext?: string;
  readonly needsBanner: boolean;
  /** scopes that are granted of those asked for; all when absent */
  readonly granted?: readonly string[];
  /** the user does not allow it */
  readonly denied?: boolean;
  /** the page of order entry that launched it */
  readonly session?: string;
  /** types of which the app is shown nothing */
  readonly hides?: ReadonlySet<string>;
}

const LIFETIME_MS = 3_600_000;
const MOST = 5_000;
const MOST_TEXT = 200_000;

const Id = z.string().regex(FHIR_ID);
const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((v) => v === 'true')]);

/** The body of `POST _services/smart/Launch`, as the official CDS Hooks Sandbox sends it, and what our own page adds. */
export const LaunchRequest = z.object({
  launchUrl: z.string().max(2048).optional(),
  parameters: z.object({
    patient: Id,
    encounter: Id.optional(),
    user: z
      .string()
      .regex(/^Practitioner\/[A-Za-z0-9\-.]{1,64}$/)
      .optional(),
    appContext: z.string().max(MOST_TEXT).optional(),
    need_patient_banner: Flag.optional(),
    scope: z.string().max(MOST_TEXT).optional(),
  }),
});

/** Launches that were prepared, and not forgotten yet. */
export class Launches {
  readonly #kept = new Map<string, { readonly context: LaunchContext; readonly until: number }>();
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @returns the launch code */
  prepare(context: LaunchContext): string {
    const now = this.#now();
    for (const [id, { until }] of this.#kept) {
      if (until > now && this.#kept.size < MOST) break;
      this.#kept.delete(id);
    }
    const id = randomBytes(24).toString('base64url');
    this.#kept.set(id, { context, until: now + LIFETIME_MS });
    return id;
  }

  /** The context of a launch code, which serves for an hour. */
  find(id: string): LaunchContext | undefined {
    const kept = this.#kept.get(id);
    return kept !== undefined && kept.until > this.#now() ? kept.context : undefined;
  }
}
