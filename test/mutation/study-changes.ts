import type { StudyInput } from '../../src/policy/schema.ts';
import { CONTRASTS, type StudyCatalog, spineRegion } from '../../src/policy/studies.ts';
import type { Change, Surroundings } from './change.ts';
import { GONE, type YamlPath } from './edit.ts';

const CONTRAST_WORDS = CONTRASTS.filter((c) => c !== 'none');
const NAMES = ['mri', 'ct'].flatMap((m) => CONTRAST_WORDS.map((c) => `${m} ${c}`));

/** Other contrast of the same modality and region first, then anything else of the region. */
export const neighboursIn =
  (studies: StudyCatalog): Surroundings['neighbours'] =>
  (name) => {
    const study = studies.get(name);
    if (study === undefined) {
      const [modality = ''] = name.split(' ');
      return [...NAMES.filter((n) => n.startsWith(`${modality} `)), ...NAMES].filter((n) => n !== name);
    }
    const region = spineRegion(study);
    const others = studies.studies.filter((s) => s.orderable && s.code !== name);
    const near = others.filter((s) => spineRegion(s) === region);
    return [...near.filter((s) => s.modality === study.modality), ...near, ...others].map((s) => s.code);
  };

/** Each study of a list: left out, swapped for another, its condition left out. */
export function studyChanges(studies: readonly StudyInput[], at: YamlPath, around: Surroundings): readonly Change[] {
  const names = studies.map((s) => (typeof s === 'string' ? s : s.study));
  return studies.flatMap((study, i): readonly Change[] => {
    const name = names[i] ?? '';
    const other = around.neighbours(name).find((n) => !names.includes(n));
    const here = [...at, i];
    return [
      ...(studies.length > 1 ? [{ kind: 'study' as const, what: `without study ${name}`, at: here, by: GONE }] : []),
      ...(other === undefined
        ? []
        : [
            {
              kind: 'study' as const,
              what: `study ${other} (was ${name})`,
              at: here,
              by: typeof study === 'string' ? other : { ...study, study: other },
            },
          ]),
      ...(typeof study === 'string'
        ? []
        : [{ kind: 'study' as const, what: `study ${name} without condition`, at: here, by: name }]),
    ];
  });
}
