import { isObject, text } from '../chart/json.ts';
import { looksSealed } from './order-context.ts';

/** The appContext of a card's link. */
export const appContextText = (sealed: string): string => JSON.stringify({ assessment: sealed });

/**
 * The sealed order context in a token response's appContext. EHRs pass the link's text on as it is, or as the JSON that is in
 * it; the sealed text alone is understood too.
 */
export function sealedIn(appContext: unknown): string | undefined {
  if (isObject(appContext)) return text(appContext['assessment']);
  const given = text(appContext)?.trim();
  if (given === undefined) return undefined;
  if (looksSealed(given)) return given;
  try {
    const parsed: unknown = JSON.parse(given);
    return isObject(parsed) || typeof parsed === 'string' ? sealedIn(parsed) : undefined;
  } catch {
    return undefined;
  }
}
