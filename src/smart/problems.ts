import type { DiscoveryProblem } from './discovery.ts';
import type { OAuthError, TokenProblem } from './token-endpoint.ts';

/** Everything that can stop a launch or a page. The code is for logs and tests, the words are for the clinician. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly what: string;
  /** what to do now */
  readonly todo: string;
}

const AGAIN = 'Close this page and open it again from the EHR.';
const TELL = 'If it happens again, tell your EHR support team the reference below.';

const problem = (code: string, status: number, title: string, what: string, todo: string): Problem => ({
  code,
  status,
  title,
  what,
  todo,
});

/** Problems without anything that varies. */
export const PROBLEMS = {
  badLaunch: problem(
    'launch-incomplete',
    400,
    'This launch link is not complete',
    'An EHR opens this page with exactly one FHIR address and one launch code. One of them is missing, repeated or too long.',
    AGAIN,
  ),
  unknownEhr: problem(
    'ehr-unknown',
    400,
    'This EHR is not known here',
    'The address that the link names does not belong to an EHR at which this app is registered. Nothing was sent to it.',
    'An administrator of this service can register the EHR.',
  ),
  notStandalone: problem(
    'standalone-off',
    400,
    'This EHR opens the app from within',
    'The app cannot be started here for this EHR.',
    'Open it from the patient’s chart in the EHR.',
  ),
  noState: problem(
    'state-unknown',
    400,
    'This sign-in is not known here',
    'The EHR sent you back with a sign-in that this service did not start, or that was used already.',
    AGAIN,
  ),
  expiredState: problem(
    'state-expired',
    400,
    'This sign-in took too long',
    'More than ten minutes passed between opening the app and coming back from the EHR.',
    AGAIN,
  ),
  otherBrowser: problem(
    'state-foreign',
    400,
    'This sign-in belongs to another browser window',
    'The sign-in was started in another browser, or this browser did not keep the cookie that ties the two together.',
    'Open the app again from the EHR. If that does not help, allow cookies for this site, also inside of the EHR’s page.',
  ),
  wrongIssuer: problem(
    'issuer-mismatch',
    400,
    'The answer came from another sign-in server',
    'The sign-in server that answered is not the one that was asked. Nothing was sent to it.',
    `${AGAIN} ${TELL}`,
  ),
  noCode: problem(
    'code-missing',
    400,
    'The EHR sent no sign-in code',
    'The EHR sent you back without a code and without an error.',
    `${AGAIN} ${TELL}`,
  ),
  idToken: problem(
    'id-token-invalid',
    502,
    'The EHR’s statement of who you are could not be verified',
    'The EHR sent an identity token that is not signed with its keys, or that is meant for another app or sign-in.',
    `${AGAIN} ${TELL}`,
  ),
  noPatient: problem(
    'patient-missing',
    400,
    'No patient was chosen',
    'The worksheet is about one patient’s order, and the EHR did not say which patient.',
    'Open a patient’s chart in the EHR, and start the app from there.',
  ),
  otherPatient: problem(
    'order-of-another-patient',
    403,
    'The order and the chart do not belong together',
    'The link was made for an order of another patient or another EHR than the chart that is open. Nothing of either is shown.',
    'Open the chart of the patient whose order it is, and follow the link of the card there.',
  ),
  sessionEnded: problem(
    'session-ended',
    401,
    'The session has ended',
    'A session ends after 15 minutes without use, after 8 hours, on log-out, or when the EHR ends it. This page is not open in this browser any more.',
    'Open the app again from the EHR.',
  ),
  csrf: problem(
    'form-foreign',
    403,
    'This form is not from this session',
    'The form was sent from another page or another session. Nothing was changed.',
    'Go back, reload the page and send the form again.',
  ),
  badChoice: problem(
    'order-not-found',
    400,
    'This order cannot be used',
    'It is not in the chart of this patient, is no imaging of the spine, or could not be read.',
    'Go back and choose another one.',
  ),
  badForm: problem(
    'form-unreadable',
    400,
    'The form could not be read',
    'What the browser sent is not the form of this page. Nothing was changed.',
    'Go back, reload the page and send the form again.',
  ),
  internal: problem(
    'internal',
    500,
    'Something went wrong here',
    'This service had an error of its own. Nothing was changed in the EHR.',
    `${AGAIN} ${TELL}`,
  ),
} as const satisfies Readonly<Record<string, Problem>>;

const DISCOVERY: Readonly<Record<DiscoveryProblem, Problem>> = {
  unreachable: problem(
    'discovery-failed',
    502,
    'The EHR does not say how to sign in',
    'The EHR’s SMART configuration could not be read: the server did not answer, or answered with an error.',
    `Try again in a minute. ${TELL}`,
  ),
  invalid: problem(
    'discovery-invalid',
    502,
    'The EHR’s sign-in settings are not usable',
    'The EHR’s SMART configuration lacks the addresses for signing in, or names some that may not be called.',
    TELL,
  ),
  'no-pkce': problem(
    'discovery-without-pkce',
    502,
    'The EHR’s sign-in is not safe enough',
    'The EHR’s SMART configuration does not announce PKCE with S256, which protects the sign-in code.',
    TELL,
  ),
};

export const discoveryProblem = (found: DiscoveryProblem): Problem => DISCOVERY[found];

/** Errors that come back instead of a code (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6). */
const AUTHORIZE_ERRORS: Readonly<Record<string, string>> = {
  invalid_request: 'The EHR did not accept the request.',
  unauthorized_client: 'The app may not ask for sign-in codes at this EHR.',
  unsupported_response_type: 'The EHR does not give sign-in codes.',
  invalid_scope: 'The EHR does not grant what the app asked for.',
  server_error: 'The EHR’s sign-in server had an error.',
  temporarily_unavailable: 'The EHR’s sign-in server is not available at the moment.',
  invalid_client: 'The EHR does not know the app, or not under this client id.',
  login_required: 'The EHR wants you to sign in first.',
  interaction_required: 'The EHR wants to ask you something first.',
  consent_required: 'The EHR wants your consent first.',
};

/**
 * The EHR refused the sign-in.
 * @param error as the EHR named it; only known names are repeated
 */
export function authorizeProblem(error: string): Problem {
  if (error === 'access_denied')
    return problem(
      'access-denied',
      403,
      'Access was not allowed',
      'You, or the EHR, did not allow the app to read this chart. Nothing was read.',
      'Open the app again from the EHR if this was not intended.',
    );
  const known = Object.hasOwn(AUTHORIZE_ERRORS, error) ? AUTHORIZE_ERRORS[error] : undefined;
  const named = known === undefined ? 'The EHR named an error that is not known here.' : `${known} (${error})`;
  return problem('authorize-refused', 502, 'The EHR refused the sign-in', named, `${AGAIN} ${TELL}`);
}

const TOKEN_ERRORS: Readonly<Record<OAuthError, string>> = {
  invalid_request: 'The EHR did not accept the request for a token.',
  invalid_client: 'The EHR did not accept the app’s key or secret.',
  invalid_grant: 'The sign-in code is not valid any more.',
  unauthorized_client: 'The app may not ask for tokens at this EHR.',
  unsupported_grant_type: 'The EHR does not exchange sign-in codes for tokens.',
  invalid_scope: 'The EHR does not grant what the app asked for.',
  other: 'The EHR named an error that is not known here.',
};

/** The token endpoint gave no token. */
export function tokenProblem(found: TokenProblem): Problem {
  const title = 'The EHR gave no access to the chart';
  if (found.kind === 'unreachable')
    return problem(
      'token-unreachable',
      502,
      title,
      'The EHR’s token endpoint did not answer, or answered with a server error.',
      `${AGAIN} ${TELL}`,
    );
  if (found.kind === 'not-understood')
    return problem(
      'token-not-understood',
      502,
      title,
      'The EHR’s answer holds no token that can be used.',
      `${AGAIN} ${TELL}`,
    );
  const named = found.error === 'other' ? TOKEN_ERRORS.other : `${TOKEN_ERRORS[found.error]} (${found.error})`;
  return problem('token-refused', 502, title, named, `${AGAIN} ${TELL}`);
}
