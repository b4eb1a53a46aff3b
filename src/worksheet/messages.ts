import type { SaveProblem } from './save.ts';
import type { Message } from './view.ts';

const KEPT = 'Your answers are still on this page.';

const NOT_SAVED: Readonly<Record<SaveProblem, readonly [status: number, message: Message]>> = {
  nothing: [422, { tone: 'open', title: 'There is nothing to save yet.', text: 'Answer a question first.' }],
  'no-author': [
    403,
    {
      tone: 'bad',
      title: 'Not saved.',
      text: 'The EHR did not say that you are a clinician, so that nobody would vouch for the answers.',
    },
  ],
  ended: [
    401,
    {
      tone: 'bad',
      title: 'Not saved: the access to the EHR has ended.',
      text: `${KEPT} Download them, then open the worksheet again from the EHR.`,
      download: true,
    },
  ],
  forbidden: [
    403,
    {
      tone: 'bad',
      title: 'Not saved: the EHR does not let this app write answers.',
      text: `${KEPT} Download them, or note them in the chart by hand. An administrator can grant the app to write QuestionnaireResponse.`,
      download: true,
    },
  ],
  conflict: [
    409,
    {
      tone: 'open',
      title: 'Not saved: the answers on file were changed meanwhile.',
      text: `The chart was read again, and ${KEPT.toLowerCase()} Look at what is on file now, then save again.`,
      download: true,
    },
  ],
  'not-supported': [
    422,
    {
      tone: 'bad',
      title: 'Not saved: this EHR takes no answers from apps.',
      text: `${KEPT} Download them, or note them in the chart by hand.`,
      download: true,
    },
  ],
  failed: [
    502,
    {
      tone: 'bad',
      title: 'Not saved: the EHR did not answer, or answered with an error.',
      text: `${KEPT} Try again in a minute, or download them.`,
      download: true,
    },
  ],
};

/** Why the answers were not saved, and what to do, with the status of the response. */
export const notSavedMessage = (problem: SaveProblem): readonly [status: number, message: Message] =>
  NOT_SAVED[problem];

/** The answers are saved. @param where in the EHR's chart, or here */
export const savedMessage = (where: 'chart' | 'here'): Message => ({
  tone: 'good',
  title: 'Saved.',
  text:
    where === 'chart'
      ? 'The answers are in the chart. The next card for this order rests on them.'
      : 'This EHR takes no answers, so that they are kept here, encrypted, for some time. The next card for this order rests on them.',
});

/** Nothing on the form was answered. */
export const NOTHING_ANSWERED: Message = {
  tone: 'open',
  title: 'No question is answered yet.',
  text: 'Choose yes, no or not assessed where you know the answer, then check.',
};

export const INCOMPLETE: Message = {
  tone: 'open',
  title: 'Some answers are not complete.',
  text: 'Nothing was saved. Look for the marks beside the questions.',
};
