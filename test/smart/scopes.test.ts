import { describe, expect, it } from 'vitest';
import { FhirAccess } from '../../src/ehr/fhir-access.ts';
import { permissions } from '../../src/ehr/granted-scopes.ts';
import { scopesFor } from '../../src/smart/scopes.ts';
import { EhrStub } from '../support/ehr-stub.ts';

const registration = { scopes: 'auto', moreScopes: ['online_access'], writesAnswers: true } as const;
const request = {
  launch: 'ehr',
  sections: new Set(['Condition', 'QuestionnaireResponse'] as const),
  registration,
  capabilities: new Set(['permission-v2']),
} as const;

describe('the scopes that are asked for', () => {
  it('are what the policies read, and no more', () => {
    expect(scopesFor(request)).toEqual([
      'launch',
      'openid',
      'fhirUser',
      'patient/Condition.rs',
      'patient/Coverage.rs',
      'patient/Medication.r',
      'patient/Organization.r',
      'patient/Patient.r',
      'patient/QuestionnaireResponse.crus',
      'online_access',
    ]);
  });

  it('are v1 where the EHR does not announce v2, or the registry says so', () => {
    const v1 = scopesFor({ ...request, capabilities: new Set() });
    expect(v1).toEqual(expect.arrayContaining(['patient/Condition.read', 'patient/QuestionnaireResponse.write']));
    expect(scopesFor({ ...request, registration: { ...registration, scopes: 'v1' } })).toEqual(v1);
    expect(scopesFor({ ...request, capabilities: new Set(), registration: { ...registration, scopes: 'v2' } })).toEqual(
      scopesFor(request),
    );
  });

  it('hold no writing where the EHR takes no answers', () => {
    const scopes = scopesFor({ ...request, registration: { ...registration, writesAnswers: false } });
    expect(scopes).toContain('patient/QuestionnaireResponse.rs');
    expect(scopes.join(' ')).not.toMatch(/\.c|write/);
  });

  it('ask for a patient when no EHR launched', () => {
    const scopes = scopesFor({ ...request, launch: 'standalone' });
    expect(scopes).toContain('launch/patient');
    expect(scopes).not.toContain('launch');
  });
});

describe('granted scopes', () => {
  it.each([
    ['patient/Condition.rs', 'Condition', 'search', 'all'],
    ['patient/Condition.rs', 'Procedure', 'search', 'none'],
    ['patient/Condition.r', 'Condition', 'search', 'none'],
    ['patient/Condition.r', 'Condition', 'read', 'all'],
    ['user/*.read', 'Condition', 'search', 'all'],
    ['user/*.read', 'Condition', 'create', 'none'],
    ['patient/*.*', 'QuestionnaireResponse', 'create', 'all'],
    ['patient/QuestionnaireResponse.write', 'QuestionnaireResponse', 'update', 'all'],
    ['patient/QuestionnaireResponse.cu', 'QuestionnaireResponse', 'update', 'all'],
    ['patient/QuestionnaireResponse.rs', 'QuestionnaireResponse', 'create', 'none'],
    ['patient/Observation.rs?category=laboratory', 'Observation', 'search', 'part'],
    ['patient/Observation.rs?category=laboratory patient/Observation.rs', 'Observation', 'search', 'all'],
    ['patient/Condition.Search patient/Patient.r', 'Condition', 'search', 'all'],
    ['launch openid', 'Condition', 'search', 'all'],
    ['', 'Condition', 'search', 'all'],
    ['patient/Condition.constructor', 'Condition', 'search', 'all'],
    ['patient/Condition.constructor patient/Patient.rs', 'Procedure', 'search', 'none'],
    ['patient/*.__proto__', 'Condition', 'create', 'all'],
    ['patient/constructor.rs', 'Condition', 'search', 'none'],
  ] as const)('"%s" permits for %s %s: %s', (granted, type, interaction, extent) => {
    expect(permissions(granted)(type, interaction)).toBe(extent);
  });

  it('T133: that do not cover a section make it unavailable without a request, never empty', async () => {
    const ehr = await new EhrStub().start();
    const access = (granted: string) =>
      new FhirAccess({
        base: ehr.fhir,
        privateNetwork: true,
        signal: AbortSignal.timeout(5_000),
        permitted: permissions(granted),
      });
    const none = access('patient/Condition.rs');
    expect(await none.search('Procedure', { patient: 'p' })).toEqual({ ok: false, problem: 'forbidden' });
    expect(await none.read('Procedure', 'x')).toEqual({ ok: false, problem: 'forbidden' });
    expect(await none.create({ resourceType: 'QuestionnaireResponse' })).toEqual({ ok: false, problem: 'forbidden' });
    expect(await none.update({ resourceType: 'QuestionnaireResponse', id: 'x' })).toEqual({
      ok: false,
      problem: 'forbidden',
    });
    expect(ehr.seen).toEqual([]);
    expect(await none.search('Condition', { patient: 'p' })).toMatchObject({ ok: true, value: { complete: true } });
    const part = access('patient/Condition.rs?category=problem-list-item');
    expect(await part.search('Condition', { patient: 'p' })).toMatchObject({ ok: true, value: { complete: false } });
    await ehr.close();
  });
});
