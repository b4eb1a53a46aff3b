import { type Json, object, objects, text } from './json.ts';

/** What the words of a diagnosis say of it that neither its code nor its statuses do. */
export type Qualified = 'denied' | 'of-family' | 'past' | 'doubted';

// "no improvement of back pain" denies the improvement, not the pain
// "no sensation in the foot", "no bowel control" and "no ankle reflex" are what was found
const SAYS: Readonly<Record<Qualified, RegExp>> = {
  denied:
    /^(no (?!fault|improvement|relief|response|benefit|help|progress|change|longer|better|worse|((bowel|bladder|sphincter|urinary|ankle|knee|patellar|achilles|deep tendon) )?(sensation|feeling|reflex(es)?|control|movement|motion|strength|power)\b(?! *(loss|deficits?|changes?|disturbances?|abnormalit|impairment|problem)))|negative for|denies|denied|ruled out|excluded)|[-–,;:(] *(ruled out|excluded)\)?$/,
  'of-family': /^(family (history|hx)|fhx?)\b/,
  past: /^((past |personal )?(history|hx) of(?! present illness)|past (medical )?history|h\/o|hx:)|[-–,;:(] *(resolved|in (full |complete )?remission)\)?$/,
  doubted: /^(rule out|r\/o|possible|probable|suspected|suspicion (of|for)|concern for|\?)|\?$/,
};
/** What vendors put behind the name of a diagnosis: that it counts for the risk of a population. */
const RISK_MARK = /( *\((cms[-/ ]?)?(hcc|hhs-hcc|cmd)\))+$/;
const ALL = Object.keys(SAYS) as Qualified[];

/** A code for a state or for what was: its own name says "history of". */
const isStatus = (coding: Json): boolean => /^Z\d/.test(text(coding['code']) ?? '');

/**
 * Clinicians pick a code and then change the name under which an entry stands: "No evidence of discitis", "Family history of diabetes",
 * "R/O epidural abscess", under the code of the disease. Words alone prove nothing, but a code that its own entry takes back does not
 * either. Only the text counts, and not where a coding's display says the same: then that is what the code means.
 */
export function qualifiedInWords(concept: unknown): Qualified | undefined {
  const words = text(object(concept)?.['text'])?.trim().toLowerCase().replace(RISK_MARK, '');
  if (words === undefined) return undefined;
  const codings = objects(object(concept)?.['coding']);
  const found = ALL.find((q) => SAYS[q].test(words));
  if (found === undefined || (found !== 'denied' && codings.some(isStatus))) return undefined;
  const displays = codings.flatMap((c) => text(c['display'])?.trim().toLowerCase() ?? []);
  return displays.some((d) => SAYS[found].test(d)) ? undefined : found;
}

/** Do its words say that a code is not of this patient, or not found? */
export function isDisowned(concept: unknown): boolean {
  const words = qualifiedInWords(concept);
  return words === 'denied' || words === 'of-family';
}

const UNDONE =
  /\b(cancell?ed|no[- ]?show(ed)?|(not|never) (done|performed|given|taken|taking|started|attended|completed)|did not (attend|take|start)|(declined|refused)(?! (?!(by|due|today|visit|session|therapy|treatment|appointment|because|per|on|at|to)\b)\w))\b/;
const GOAL = /\b(goal|target|acceptable|tolerable)\b/;

/** Does the text of a service or drug say so, and not the display of its code? */
function saysInWords(concept: unknown, words: RegExp): boolean {
  const said = text(object(concept)?.['text'])?.toLowerCase();
  if (said === undefined || !words.test(said)) return false;
  return !objects(object(concept)?.['coding']).some((c) => words.test(text(c['display'])?.toLowerCase() ?? ''));
}

/** Does its text say that a service did not take place ("cancelled", "no show"), or that a drug is not taken? */
export const isUndoneInWords = (concept: unknown): boolean => saysInWords(concept, UNDONE);

/** Does the text of an observation say that its value is one to be reached ("acceptable pain level"), not what was found? */
export const isGoalInWords = (concept: unknown): boolean => saysInWords(concept, GOAL);

const NO_PURPOSE =
  /^(as (needed|directed|prescribed|instructed)|prn|p\.r\.n\.|see (instructions?|notes?|sig|comments?)|other|unknown|n\/?a|none|not (specified|stated|given|applicable)|unspecified|(sub)?acute|chronic|mild|moderate|severe)$/;

/** Do the words of a reason name no purpose at all ("as needed", "other")? */
export const namesNoPurpose = (concept: unknown): boolean =>
  NO_PURPOSE.test(text(object(concept)?.['text'])?.trim().toLowerCase() ?? '');

/** Do the words of a timing say that there is one dose? */
export const isOnceInWords = (concept: unknown): boolean =>
  text(object(concept)?.['text'])?.trim().toLowerCase() === 'once';

const CANONICAL: Readonly<Record<Qualified, string>> = {
  denied: 'ruled out',
  'of-family': 'family history',
  past: 'history of',
  doubted: 'rule out',
};

/** What the words of a concept say beside its codes, in words of our own that say the same; undefined when that is nothing. */
export function sayingWords(concept: unknown): string | undefined {
  const qualified = qualifiedInWords(concept);
  if (qualified !== undefined) return CANONICAL[qualified];
  if (isUndoneInWords(concept)) return 'not done';
  if (isGoalInWords(concept)) return 'goal';
  if (isOnceInWords(concept)) return 'once';
  return namesNoPurpose(concept) ? 'other' : undefined;
}
