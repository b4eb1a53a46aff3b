/** A code of CPT or HCPCS and up to four modifiers of two characters, as some systems write them in one: "97110-GP", "99213-95". */
const MODIFIED = /^(\d{4}[0-9FTUM]|[A-V]\d{4})((?:[-. :,]?[A-Z0-9]{2}){1,4})$/;

/** A code of CPT or HCPCS without its modifiers, and these as code sets list them: "-GP". */
export function withoutModifiers(code: string): readonly [code: string, ...modifiers: string[]] {
  const match = MODIFIED.exec(code);
  if (match === null) return [code];
  const [, bare = code, rest = ''] = match;
  return [bare, ...(rest.match(/[A-Z0-9]{2}/g) ?? []).map((modifier) => `-${modifier}`)];
}
