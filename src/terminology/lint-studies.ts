import type { StudiesInput } from '../policy/studies.ts';
import { error, type Finding } from '../yaml/finding.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import { codeAndLabel } from './code-set.ts';
import { codeProblem } from './code-shape.ts';
import type { System } from './systems.ts';

/** Codes of studies that have a wrong form, or that two studies share. */
export function lintStudies(file: LoadedFile<StudiesInput>): readonly Finding[] {
  const seen = new Map<string, string>();
  const exact = file.data.studies.map((study, i) => ({ study, at: ['studies', i] }));
  const open = file.data['left-open'].map((study, i) => ({ study, at: ['left-open', i] }));
  return [...exact, ...open].flatMap(({ study, at }) => {
    const cpt = 'code' in study ? String(study.code) : undefined;
    const codes: { readonly system: System; readonly item: string; readonly path: (string | number)[] }[] = [
      ...(cpt === undefined ? [] : [{ system: 'cpt' as const, item: cpt, path: [...at, 'code'] }]),
      ...study.loinc.map((item, i) => ({ system: 'loinc' as const, item, path: [...at, 'loinc', i] })),
      ...study.snomed.map((item, i) => ({ system: 'snomed' as const, item, path: [...at, 'snomed', i] })),
      ...study.icd10pcs.map((item, i) => ({ system: 'icd10pcs' as const, item, path: [...at, 'icd10pcs', i] })),
    ];
    return codes.flatMap(({ system, item, path }) => {
      const [code] = codeAndLabel(item);
      const problem = codeProblem(system, code);
      const key = `${system} ${code}`;
      const other = seen.get(key);
      seen.set(key, study.label);
      const where = file.locate(path);
      return [
        ...(problem === undefined ? [] : [error(where, `${study.label}: ${problem}`)]),
        ...(other === undefined ? [] : [error(where, `${study.label}: ${key} is a code of "${other}" too`)]),
      ];
    });
  });
}
