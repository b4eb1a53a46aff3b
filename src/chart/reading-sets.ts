/** The code sets with a fixed meaning for reading charts. They are defined in `policies/codes` like all others. */
export const READING_SETS = [
  'spine-problem',
  'body-site',
  'result-normal',
  'result-abnormal',
  'result-indeterminate',
  'result-unexplained',
  'result-positive',
  'result-negative',
  'remote-contact',
  'in-person-contact',
  'evaluation-visit',
  'service-without-evaluation',
  'left-unseen',
  'family-history',
  'past-history',
  'reason-or-risk',
  'of-relatives-or-looked-for',
  'disease-for-life',
  'local-route',
  'skin-route',
  'pain-drug-for-the-skin',
  'problem-elsewhere',
  'purpose-of-the-spine',
  'reason-of-the-spine',
  'complaint-of-the-spine',
  'reason-that-matters',
  'multiple-sclerosis-words',
  'cancer-words',
  'trauma-words',
  'mr-safety',
] as const;

/** One of them. */
export type ReadingSet = (typeof READING_SETS)[number];

/** Sets of words by which a reason of an order means just what they name. */
export const NAMED_FOR_ITSELF: readonly ReadingSet[] = ['multiple-sclerosis-words', 'cancer-words', 'trauma-words'];

/** All whose words are read of the reasons of orders alone. */
export const WORDS_OF_REASONS: readonly ReadingSet[] = [
  'reason-of-the-spine',
  'reason-that-matters',
  ...NAMED_FOR_ITSELF,
];
