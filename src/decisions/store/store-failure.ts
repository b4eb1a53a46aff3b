/** Why a store did not do what it was asked. */
export class StoreFailure extends Error {
  readonly code = 'STORE_FAILED';
  /** the store refuses what it was given, and always will; otherwise it may do it another time */
  readonly refused: boolean;

  constructor(message: string, refused: boolean) {
    super(message);
    this.refused = refused;
  }
}

/** SQLite's codes for values that it does not take: too big, constraint, mismatch, misuse, range. */
const REFUSED_BY_SQLITE: ReadonlySet<number> = new Set([18, 19, 20, 21, 25]);
/** PostgreSQL's classes of the same: data exception, integrity constraint. */
const REFUSED_BY_POSTGRES = /^(22|23)...$/;

/** Does an error of a database tell that it refuses the values, whenever they come? */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  // The low byte is the code; what is above tells more of it.
  if (typeof errcode === 'number') return REFUSED_BY_SQLITE.has(errcode & 0xff);
  return typeof code === 'string' && (code.startsWith('ERR_INVALID_') || REFUSED_BY_POSTGRES.test(code));
}
