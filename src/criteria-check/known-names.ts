import type { CodeSource } from '../terminology/systems.ts';
import type { Knowledge } from './knowledge.ts';

/** What settings of EHRs may name: payers, studies that can be ordered, codes and code sets. */
export const namesIn = ({ payers, studies, codes }: Knowledge) => ({
  payers: payers.payers.map((p) => p.id),
  isStudy: (code: string): boolean => studies.get(code)?.orderable === true,
  understands: (system: CodeSource, code: string): boolean =>
    codes.lookup(system, code).length > 0 || studies.byCoding(system, code) !== undefined,
});
