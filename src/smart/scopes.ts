import type { Section } from '../chart/sections.ts';
import type { SmartRegistration } from '../ehr/smart-registration.ts';

/** What the app asks for. */
export interface ScopeRequest {
  readonly launch: 'ehr' | 'standalone';
  /** the parts of a chart that the loaded policies read */
  readonly sections: ReadonlySet<Section>;
  readonly registration: Pick<SmartRegistration, 'scopes' | 'moreScopes' | 'writesAnswers'>;
  /** what the EHR's smart-configuration announces */
  readonly capabilities: ReadonlySet<string>;
}

const ANSWERS = 'QuestionnaireResponse';

/** Read beside the sections: who the patient is, who pays, and the drugs that prescriptions refer to. */
const READ_ONLY: Readonly<Record<string, string>> = {
  Patient: 'r',
  Coverage: 'rs',
  Organization: 'r',
  Medication: 'r',
};

/** The scopes to ask for: what the policies read, no more, in the grammar that the EHR understands. */
export function scopesFor({ launch, sections, registration, capabilities }: ScopeRequest): readonly string[] {
  const { scopes: style, moreScopes, writesAnswers } = registration;
  const v2 = style === 'v2' || (style === 'auto' && capabilities.has('permission-v2'));
  const wanted = new Map(Object.entries(READ_ONLY));
  for (const section of sections) wanted.set(section, 'rs');
  if (writesAnswers) wanted.set(ANSWERS, 'crus');
  const resources = [...wanted].flatMap(([type, letters]) => {
    if (v2) return [`patient/${type}.${letters}`];
    return letters.includes('c') ? [`patient/${type}.read`, `patient/${type}.write`] : [`patient/${type}.read`];
  });
  return [
    ...new Set([
      launch === 'ehr' ? 'launch' : 'launch/patient',
      'openid',
      'fhirUser',
      ...resources.sort(),
      ...moreScopes,
    ]),
  ];
}
