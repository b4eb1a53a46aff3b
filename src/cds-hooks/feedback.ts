import * as z from 'zod';
import { absentable, problemsOf, type RequestProblem } from './request.ts';

const Coding = z.looseObject({
  code: z.string().min(1).max(256),
  system: absentable(z.string().max(1024)),
  display: absentable(z.string().max(1024)),
});
const Instant = z.iso.datetime();
/** A moment that exists, in UTC; a minute may have a leap second (RFC 3339, section 5.7). */
const isInstant = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(text) &&
  Instant.safeParse(text.replace(/:60(?=[.Z])/, ':59')).success;
const UTC = z.string().refine(isInstant, 'expected an RFC 3339 UTC timestamp, e.g. "2026-05-04T15:04:05Z"');

const Feedback = z
  .looseObject({
    card: z.string().min(1).max(256),
    outcome: z.enum(['accepted', 'overridden']),
    acceptedSuggestions: absentable(z.array(z.looseObject({ id: z.string().min(1).max(256) })).max(100)),
    overrideReason: absentable(
      z
        .looseObject({ reason: absentable(Coding), userComment: absentable(z.string().max(10_000)) })
        .refine((r) => r.reason !== undefined || r.userComment !== undefined, 'expected a reason or a userComment'),
    ),
    outcomeTimestamp: UTC,
  })
  .refine((f) => f.outcome !== 'accepted' || (f.acceptedSuggestions?.length ?? 0) > 0, {
    path: ['acceptedSuggestions'],
    error: 'required when the outcome is "accepted"',
  });

const FeedbackBody = z.looseObject({ feedback: z.array(Feedback).min(1).max(1000) });
export type FeedbackEntry = z.infer<typeof Feedback>;

/** Validates the body of a feedback call (CDS Hooks 2.0.1, "Feedback"). */
export function readFeedback(
  body: unknown,
):
  | { readonly ok: true; readonly feedback: readonly FeedbackEntry[] }
  | { readonly ok: false; readonly problems: readonly RequestProblem[] } {
  const parsed = FeedbackBody.safeParse(body);
  return parsed.success
    ? { ok: true, feedback: parsed.data.feedback }
    : { ok: false, problems: problemsOf(parsed.error) };
}
