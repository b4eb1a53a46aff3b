import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReadContext } from '../chart/read-context.ts';
import { PatientScope } from '../chart/references.ts';
import { type RetrievedSection, SECTIONS, type Section } from '../chart/sections.ts';
import { readCoverages } from '../coverage/coverage.ts';
import { type CheckedOrder, type Checker, checkOrder } from '../criteria-check/check-order.ts';
import { formatDay, parseDate } from '../dates/day.ts';
import { readOrder } from '../order/order.ts';
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
  const sections = new Map<Section, RetrievedSection>(
    SECTIONS.map((s) => [
      s,
      { state: vignette.incomplete[s] ?? 'complete', resources: fhir.chart.filter((r) => r.resourceType === s) },
    ]),
  );
  const scope = new PatientScope(VIGNETTE_PATIENT);
  const { codes, studies } = checker.knowledge;
  const date = parseDate(vignette.order.date) ?? { lo: 0, hi: 0 };
  const order = readOrder(fhir.order, scope, studies, new ReadContext(codes, studies), date);
  if (order === undefined) return undefined;
  const check = checkOrder(
    order,
    {
      patientId: VIGNETTE_PATIENT,
      patient: fhir.patient,
      sections,
      coverages: readCoverages([fhir.coverage], scope),
      coverageState: 'complete',
    },
    checker,
    withTrace,
  );
  return check?.kind === 'checked' ? check : undefined;
}

/** What differs from the expectation, in words; empty when all is as expected. */
export function differences(vignette: Vignette, check: CheckedOrder | undefined): readonly string[] {
  const { expect } = vignette;
  if (check === undefined) return expect.outcome === 'not-governed' ? [] : ['no policy governs this order'];
  const { assessment } = check;
  const out: string[] = [];
  if (check.policy.id !== vignette.policy) out.push(`policy ${check.policy.id}`);
  if (assessment.outcome !== expect.outcome)
    out.push(
      `outcome ${assessment.outcome}${assessment.reason === undefined ? '' : ` (${assessment.reason})`}, expected ${expect.outcome}`,
    );
  if (expect.reason !== undefined && assessment.reason !== expect.reason)
    out.push(`reason ${assessment.reason ?? 'none'}, expected ${expect.reason}`);
  const satisfied = assessment.satisfied.map((s) => s.criterion);
  for (const c of expect.criteria ?? [])
    if (!satisfied.includes(c))
      out.push(`criterion ${c} is not satisfied (satisfied: ${satisfied.join(', ') || 'none'})`);
  for (const c of expect.unmet ?? []) if (satisfied.includes(c)) out.push(`criterion ${c} is satisfied`);
  if (expect.alternative !== undefined && !expect.alternative.some((a) => assessment.alternatives.includes(a)))
    out.push(
      `alternatives ${assessment.alternatives.join(', ') || 'none'}, expected one of ${expect.alternative.join(', ')}`,
    );
  const asked = assessment.missing.map((m) => m.fact);
  for (const f of expect.asks ?? [])
    if (!asked.includes(f)) out.push(`does not ask ${f} (asks: ${asked.join(', ') || 'nothing'})`);
  for (const f of expect['not-asks'] ?? []) if (asked.includes(f)) out.push(`asks ${f}, which must not be asked`);
  if (expect.urgent !== undefined && expect.urgent !== check.urgent.length > 0)
    out.push(expect.urgent ? 'not urgent' : 'urgent');
  const earliest = assessment.earliest === undefined ? 'never' : formatDay(assessment.earliest);
  if (expect.earliest !== undefined && earliest !== expect.earliest)
    out.push(`met by time alone from ${earliest}, expected ${expect.earliest}`);
  const until = assessment.validUntil === undefined ? 'ever' : formatDay(assessment.validUntil);
  if (expect['valid-until'] !== undefined && until !== expect['valid-until'])
    out.push(`valid until ${until}, expected ${expect['valid-until']}`);
  return out;
}
