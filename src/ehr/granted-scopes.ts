/** What is done with a type of resource. */
type Interaction = 'read' | 'search' | 'create' | 'update';
/** How far a token permits something: `part` = only resources that fit a condition, e.g. one category of Observations. */
type Extent = 'all' | 'part' | 'none';

/** How far a token permits an interaction with a type. */
export type Permissions = (type: string, interaction: Interaction) => Extent;

const LETTER: Readonly<Record<Interaction, string>> = { read: 'r', search: 's', create: 'c', update: 'u' };
const V1: ReadonlyMap<string, string> = new Map([
  ['read', 'rs'],
  ['write', 'cud'],
  ['*', 'cruds'],
]);
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
  const letters = V1.get(access) ?? (LETTERS.test(access) ? access : 'cruds');
  return { type, letters, whole: condition === undefined };
}

/**
 * What granted scopes permit, v1 and v2 alike. A grant that names no resources at all says nothing, so that nothing is held
 * back; so does an access that is not of either grammar, for its type.
 * @param granted as the token response says it
 */
export function permissions(granted: string): Permissions {
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
