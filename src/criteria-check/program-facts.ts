/** Facts that speak against suggesting a study with contrast: documented or suspected. */
export const AGAINST_CONTRAST = ['gadolinium-allergy', 'egfr-below-30', 'pregnancy'] as const;

/** The fact that speaks against suggesting an MRI: documented. */
export const AGAINST_MRI = 'mri-contraindicated';

/** Facts that the program asks for by itself, whatever the policies say. The vocabulary has to define them. */
export const PROGRAM_FACTS: readonly string[] = ['episode-onset', ...AGAINST_CONTRAST, AGAINST_MRI];

/** Code sets with a fixed meaning for outcomes of treatment. */
export const OUTCOME_SETS = ['outcome-success', 'outcome-failure'] as const;
