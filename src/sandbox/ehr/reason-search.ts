import * as z from 'zod';
import type { CodeIndex } from '../../terminology/code-index.ts';
import { codeAndLabel } from '../../terminology/code-set.ts';
import { codeProblem } from '../../terminology/code-shape.ts';
import { SYSTEMS } from '../../terminology/systems.ts';
import { readYaml } from '../../yaml/yaml-file.ts';
import type { ReasonRow } from './wire.ts';
import { bestMatches } from './word-match.ts';

/** `reasons.yaml` */
const ReasonsFile = z.strictObject({ reasons: z.array(z.string().regex(/^\S+ .+$/)).min(1) });

const NAMES = { icd10cm: 'ICD-10-CM', snomed: 'SNOMED CT' } as const;
type ReasonSystem = keyof typeof NAMES;
const REASON_SYSTEMS = Object.keys(NAMES) as readonly ReasonSystem[];

interface Entry {
  readonly row: ReasonRow;
  readonly words: string;
  readonly rank: number;
}

const entry = (system: ReasonSystem, code: string, label: string, rank: number, more = ''): Entry => ({
  row: { system: SYSTEMS[system][0], code, label, hint: `${NAMES[system]}${more}` },
  words: label,
  rank,
});

/** Finds reasons of orders by code or words, among the codes that the policies understand; any other code can be given too. */
export class ReasonSearch {
  readonly #codes: CodeIndex;
  readonly #entries: readonly Entry[];

  /** @param file `reasons.yaml`. @throws InvalidFileError */
  constructor(codes: CodeIndex, file: string) {
    this.#codes = codes;
    const common = readYaml(file, ReasonsFile).data.reasons.map((r) => entry('icd10cm', ...codeAndLabel(r), 0));
    const known = new Set(common.map((e) => e.row.code));
    const listed = REASON_SYSTEMS.flatMap((system) =>
      codes.listed.flatMap((l) => {
        if (l.system !== system || known.has(l.code)) return [];
        known.add(l.code);
        return [
          entry(system, l.code, l.label, system === 'snomed' ? 1 : 2, system === 'icd10cm' ? ', code or family' : ''),
        ];
      }),
    );
    this.#entries = [...common, ...listed];
  }

  /** @param asked a code, the beginning of one, or words */
  find(asked: string, most: number): readonly ReasonRow[] {
    const found = bestMatches(this.#entries, asked, most).map((e) => e.row);
    const typed = asked.trim().toUpperCase();
    if (found.some((f) => f.code === typed)) return found;
    return [...this.#typed(typed), ...found];
  }

  /** What was typed as a code of its own, with what the policies make of it. */
  #typed(code: string): readonly ReasonRow[] {
    return REASON_SYSTEMS.flatMap((system) => {
      if (!/\d/.test(code) || codeProblem(system, code) !== undefined) return [];
      const sets = this.#codes
        .lookup(system, code)
        .map((hit) => this.#codes.sets.get(this.#codes.names[hit.set] ?? ''));
      const label = sets[0]?.label;
      const hint = label === undefined ? ', as typed; no policy here looks at it' : ', as typed';
      return [{ system: SYSTEMS[system][0], code, label: label ?? code, hint: `${NAMES[system]}${hint}` }];
    });
  }
}
