/** Something that an analyst should look at in a file. */
export interface Finding {
  /** file:line:column */
  readonly where: string;
  /** `error`: has to be put right; `warning`: has to be known */
  readonly level: 'error' | 'warning';
  readonly message: string;
}

/** A finding that has to be put right. */
export const error = (where: string, message: string): Finding => ({ where, level: 'error', message });

/** A finding that has to be known. */
export const warning = (where: string, message: string): Finding => ({ where, level: 'warning', message });
