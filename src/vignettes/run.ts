import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReadContext } from '../chart/read-context.ts';
import { PatientScope } from '../chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section } from '../chart/sections.ts';
import { readCoverages } from '../coverage/coverage.ts';
import { checkOrder } from '../criteria-check/check-order.ts';
import type { CheckedOrder, Checker, PatientData } from '../criteria-check/order-check.ts';
import { parseDate } from '../dates/day.ts';
import { type ImagingOrder, readOrder } from '../order/order.ts';
import { type LoadedFile, readYaml } from '../yaml/yaml-file.ts';
import { yamlNames } from '../yaml/yaml-names.ts';
import { expandVignettes, type Vignette } from './expand.ts';
import { VignettesFile, type VignettesInput } from './schema.ts';
import { VIGNETTE_PATIENT, type VignetteResources, vignetteToFhir } from './to-fhir.ts';

/** The vignettes of a folder, with where they come from. */
export interface VignetteFile {
  readonly file: string;
  readonly origin: 'source-reader' | 'generated';
  readonly vignettes: readonly Vignette[];
  /** the file as it was written */
  readonly source: LoadedFile<VignettesInput>;
}

/** Loads one file of vignettes, whatever stands beside it, or every one of a folder. @throws InvalidFileError */
export function loadVignettes(path: string): readonly VignetteFile[] {
  const isFolder = statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  return (isFolder ? yamlNames(path) : [basename(path)]).map((name) => {
    const file = readYaml(join(folder, name), VignettesFile);
    return { file: name, origin: file.data.origin, vignettes: expandVignettes(file), source: file };
  });
}

/** Checks a vignette's order. @returns undefined when no policy governs it */
export const checkVignette = (
  vignette: Vignette,
  checker: Checker,
  canonicalBase: string,
  withTrace = false,
): CheckedOrder | undefined =>
  checkResources(vignetteToFhir(vignette, canonicalBase), vignette, checker, { withTrace });

/** What checking a vignette takes: its order, and all that is known of the patient. */
export interface VignetteCase {
  readonly order: ImagingOrder;
  readonly data: PatientData;
}

/** The order of a vignette's resources, which may have been changed. @returns undefined when it is for no imaging that is known */
export function caseOf(
  fhir: VignetteResources,
  vignette: Pick<Vignette, 'incomplete' | 'order'>,
  { knowledge: { codes, studies } }: Checker,
): VignetteCase | undefined {
  const sections = new Map<Section, RetrievedSection>(
    SECTIONS.map((s) => [
      s,
      { state: vignette.incomplete[s] ?? 'complete', resources: fhir.chart.filter((r) => r.resourceType === s) },
    ]),
  );
  const scope = new PatientScope(VIGNETTE_PATIENT);
  const date = parseDate(vignette.order.date) ?? { lo: 0, hi: 0 };
  const order = readOrder(fhir.order, scope, studies, new ReadContext(codes, studies), date);
  if (order === undefined) return undefined;
  const coverages = readCoverages([fhir.coverage], scope);
  const { patient } = fhir;
  return {
    order,
    data: { patientId: VIGNETTE_PATIENT, patient, sections, coverages, coverageState: 'complete' },
  };
}

/**
 * Checks the order of a vignette's resources, which may have been changed.
 * @returns undefined when no policy governs it
 */
export function checkResources(
  fhir: VignetteResources,
  vignette: Pick<Vignette, 'incomplete' | 'order'>,
  checker: Checker,
  { withTrace = false }: { readonly withTrace?: boolean } = {},
): CheckedOrder | undefined {
  const found = caseOf(fhir, vignette, checker);
  const check = found === undefined ? undefined : checkOrder(found.order, found.data, checker, withTrace);
  return check?.kind === 'checked' ? check : undefined;
}
