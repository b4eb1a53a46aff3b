import * as z from 'zod';

const SCOPE = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'expected one scope, without spaces');
const ANCESTOR = z
  .string()
  .regex(
    /^https?:\/\/(\*\.)?[A-Za-z0-9.-]{1,253}(:(\d{1,5}|\*))?$/,
    'expected an origin, e.g. "https://ehr.example.org" (a CSP host source)',
  );

/** The `smart:` block of an EHR's registry entry: how our app is registered there. */
export const SmartFile = z
  .strictObject({
    'client-id': z.string().min(1).max(500),
    authentication: z
      .enum(['private_key_jwt', 'client_secret', 'public'])
      .default('private_key_jwt')
      .meta({ description: 'how the app proves itself at the token endpoint' }),
    'secret-from': z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, 'expected the name of an environment variable')
      .optional()
      .meta({ description: 'environment variable that holds the client secret; never the secret itself' }),
    'redirect-path': z
      .string()
      .regex(/^\/smart\/callback(\/[a-z0-9-]+)?$/, 'expected /smart/callback or /smart/callback/<name>')
      .default('/smart/callback'),
    scopes: z
      .enum(['auto', 'v1', 'v2'])
      .default('auto')
      .meta({ description: 'auto: v2 when the EHR announces permission-v2, else v1' }),
    'more-scopes': z
      .array(SCOPE)
      .default([])
      .meta({ description: 'asked for beside what the policies need, e.g. online_access' }),
    issuer: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: 'issuer of the id_token, when it is not the one that smart-configuration names' }),
    'frame-ancestors': z
      .array(ANCESTOR)
      .default([])
      .meta({ description: 'origins of the EHR that may show the worksheet in a frame' }),
    standalone: z.boolean().default(true).meta({ description: 'offered on the page that starts without an EHR' }),
    'questionnaire-response': z
      .enum(['write', 'none'])
      .default('write')
      .meta({ description: 'whether the EHR takes QuestionnaireResponse' }),
    'answer-store': z
      .boolean()
      .default(false)
      .meta({ description: 'answers that the EHR does not take may be kept here, encrypted, for a while' }),
  })
  .refine((s) => (s.authentication === 'client_secret') === (s['secret-from'] !== undefined), {
    path: ['secret-from'],
    error: 'needed for client_secret, and only for it',
  });

/** How our app is registered with one EHR. */
export interface SmartRegistration {
  readonly clientId: string;
  readonly authentication: 'private_key_jwt' | 'client_secret' | 'public';
  /** environment variable that holds the client secret */
  readonly secretFrom?: string;
  readonly redirectPath: string;
  readonly scopes: 'auto' | 'v1' | 'v2';
  readonly moreScopes: readonly string[];
  readonly issuer?: string;
  readonly frameAncestors: readonly string[];
  readonly standalone: boolean;
  readonly writesAnswers: boolean;
  readonly answerStore: boolean;
}

/** The registration of a checked `smart:` block. */
export function smartRegistration(block: z.infer<typeof SmartFile>): SmartRegistration {
  const { issuer } = block;
  const secretFrom = block['secret-from'];
  return {
    clientId: block['client-id'],
    authentication: block.authentication,
    ...(secretFrom !== undefined && { secretFrom }),
    redirectPath: block['redirect-path'],
    scopes: block.scopes,
    moreScopes: block['more-scopes'],
    ...(issuer !== undefined && { issuer }),
    frameAncestors: block['frame-ancestors'],
    standalone: block.standalone,
    writesAnswers: block['questionnaire-response'] === 'write',
    answerStore: block['answer-store'],
  };
}
