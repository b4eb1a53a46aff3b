import { resourceTypes } from '../fhir/search-parameters.ts';

const CONTEXT = [
  'openid',
  'profile',
  'fhirUser',
  'launch',
  'launch/patient',
  'launch/encounter',
  'online_access',
  'offline_access',
];
const LETTERS = ['c', 'r', 'u', 'd', 's'];
const V1 = ['read', 'write', '*'];

/** Every way to write v2 access: "r", "rs", "cruds" …, in the order of the grammar. */
function combinations(): readonly string[] {
  const out: string[] = [];
  for (let bits = 1; bits < 2 ** LETTERS.length; bits++)
    out.push(LETTERS.filter((_l, i) => (bits & (2 ** i)) !== 0).join(''));
  return out;
}

/** All scopes that the sandbox knows, v1 and v2. */
export function sandboxScopes(): readonly string[] {
  const access = [...combinations(), ...V1];
  const types = [...resourceTypes(), '*'];
  const resources = ['patient', 'user'].flatMap((level) =>
    types.flatMap((type) => access.map((a) => `${level}/${type}.${a}`)),
  );
  return [...CONTEXT, ...resources];
}
