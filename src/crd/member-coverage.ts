import type { IssueCode } from '../cds-hooks/operation-outcome.ts';
import { withEntryReferences } from '../chart/entry-references.ts';
import { coverageQuery } from '../chart/queries.ts';
import { PatientScope } from '../chart/references.ts';
import { retrieveSection } from '../chart/retrieve.ts';
import { type Coverage, readCoverages } from '../coverage/coverage.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import type { CrdConfig, CrdPayer } from './crd-config.ts';
import type { CrdRequest } from './crd-request.ts';

/** The one coverage of a call and the payer that it names; or why the call cannot be answered (CRD 2.2, hook-13). */
export type MemberCoverage =
  | { readonly ok: true; readonly coverage: Coverage; readonly payer: CrdPayer }
  | { readonly ok: false; readonly status: 400 | 412; readonly code: IssueCode; readonly message: string };

const refuse = (code: IssueCode, message: string, status: 400 | 412 = 400): MemberCoverage => ({
  ok: false,
  status,
  code,
  message,
});

/**
 * Finds the coverage: the prefetched one, else what a search brings. No coverage, more than one, and a payer that is not ours
 * are errors of the call; a payor that is only referred to is read.
 */
export async function memberCoverage(
  request: CrdRequest,
  config: CrdConfig,
  fhir: FhirAccess | undefined,
): Promise<MemberCoverage> {
  const { patientId } = request.context;
  const prefetch = request.prefetch === undefined ? undefined : withEntryReferences(request.prefetch);
  if (fhir === undefined && (prefetch === undefined || !Object.hasOwn(prefetch, 'coverage')))
    return refuse('incomplete', 'the coverage is neither prefetched nor can it be read', 412);
  const query = { ...coverageQuery(patientId), key: 'coverage' };
  const found = await retrieveSection(query, prefetch, fhir);
  const scope = new PatientScope(patientId, request.fhirServer);
  const usable = readCoverages(found.resources, scope).filter((c) => c.active);
  const [first, second] = usable;
  if (first === undefined)
    return found.state === 'complete' || found.state === 'not-available'
      ? refuse('not-found', 'no active coverage of this patient is accessible')
      : refuse('incomplete', 'the coverages of this patient could not be read');
  if (second !== undefined) return refuse('multiple-matches', 'more than one active coverage is accessible');
  const coverage = await named(first, found.resources, scope, fhir);
  if (coverage.payer.identifiers.length === 0 && coverage.organization !== undefined)
    return fhir === undefined
      ? refuse('incomplete', 'the payor of the coverage is neither prefetched nor can it be read', 412)
      : refuse('incomplete', 'the payor of the coverage could not be read');
  if (coverage.payer.identifiers.length === 0) return refuse('not-supported', 'the payor has no identifier');
  const payer = config.payers.find((p) =>
    p.identifiers.some((own) =>
      coverage.payer.identifiers.some((i) => i.value === own.value && i.system === own.system),
    ),
  );
  if (payer === undefined)
    return refuse('not-supported', 'this endpoint does not answer for the payor of the coverage');
  return { ok: true, coverage, payer };
}

/** The coverage with the identifiers of its payor, which is read where it is only referred to. */
async function named(
  coverage: Coverage,
  resources: readonly unknown[],
  scope: PatientScope,
  fhir: FhirAccess | undefined,
): Promise<Coverage> {
  const { organization } = coverage;
  if (organization === undefined || coverage.payer.identifiers.length > 0 || fhir === undefined) return coverage;
  const read = await fhir.read('Organization', organization.slice('Organization/'.length));
  if (!read.ok) return coverage;
  return readCoverages([...resources, read.value], scope).find((c) => c.ref === coverage.ref) ?? coverage;
}
