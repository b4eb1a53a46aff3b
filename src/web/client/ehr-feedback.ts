import type { Override } from './ehr-advice.ts';
import { wordsOf } from './ehr-api.ts';
import type { Calls } from './ehr-calls.ts';
import type { Card, Suggestion } from './ehr-card.ts';

type Tell = Calls['tell'];

/** Sends feedback on a card (CDS Hooks 2.0.1, "Feedback"). @returns what came of it, in words */
async function send(tell: Tell, hook: string, card: Card, what: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    const feedback = { card: card.uuid, ...what, outcomeTimestamp: new Date().toISOString() };
    const { response, failure } = await tell(hook, feedback);
    if (response?.status === 200) return 'The service was told.';
    return `The service could not be told: ${failure ?? `${response?.status} ${response?.statusText}`}`;
  } catch (error) {
    return `The service could not be told: ${wordsOf(error)}`;
  }
}

/** Tells that a suggestion was taken; cards without ids want no feedback. @returns what came of it, in words */
export async function tellAccepted(tell: Tell, hook: string, card: Card, { uuid }: Suggestion): Promise<string> {
  if (card.uuid === undefined || uuid === undefined) return '';
  return send(tell, hook, card, { outcome: 'accepted', acceptedSuggestions: [{ id: uuid }] });
}

/** Tells that a card was overridden, and why. @returns what was said, and what came of it, in words */
export async function tellOverridden(
  tell: Tell,
  hook: string,
  card: Card,
  { reason, comment }: Override,
): Promise<string> {
  const userComment = comment.trim();
  const given = { ...(reason !== undefined && { reason }), ...(userComment !== '' && { userComment }) };
  const explained = Object.keys(given).length > 0;
  const told = await send(tell, hook, card, {
    outcome: 'overridden',
    ...(explained && { overrideReason: given }),
  });
  return `Overridden: ${reason?.display ?? (userComment || 'no reason given')}. ${told}`;
}
