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

/** Read beside the sections: who the patient is, and who pays. */
const READ_ONLY: Readonly<Record<string, string>> = { Patient: 'r', Coverage: 'rs', Organization: 'r' };

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

export type Interaction = 'read' | 'search' | 'create' | 'update';
/** How far a token permits something: `part` = only resources that fit a condition, e.g. one category of Observations. */
export type Extent = 'all' | 'part' | 'none';

const LETTER: Readonly<Record<Interaction, string>> = { read: 'r', search: 's', create: 'c', update: 'u' };
const V1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };
const SCOPE = /^(?:patient|user|system)\/(\*|[A-Za-z]+)\.([^?]+)(\?.*)?$/;
const LETTERS = /^c?r?u?d?s?$/;

interface Grant {
  readonly type: string;
  readonly letters: string;
  readonly whole: boolean;
}

function grantOf(scope: string): Grant | undefined {
  const match = SCOPE.exec(scope);
  if (match === null) return undefined;
  const [, type = '', access = '', condition] = match;
  const letters = V1[access] ?? (LETTERS.test(access) ? access : 'cruds');
  return { type, letters, whole: condition === undefined };
}

/**
 * What granted scopes permit, v1 and v2 alike. A grant that names no resources at all says nothing, so that nothing is held
 * back; so does an access that is not of either grammar, for its type.
 * @param granted as the token response says it
 */
export function permissions(granted: string): (type: string, interaction: Interaction) => Extent {
  const grants = granted.split(/\s+/).flatMap((s) => grantOf(s) ?? []);
  if (grants.length === 0) return () => 'all';
  return (type, interaction) => {
    const fitting = grants.filter(
      (g) => (g.type === '*' || g.type === type) && g.letters.includes(LETTER[interaction]),
    );
    if (fitting.length === 0) return 'none';
    return fitting.some((g) => g.whole) ? 'all' : 'part';
  };
}
