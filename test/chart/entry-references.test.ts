import { describe, expect, it } from 'vitest';
import { withEntryReferences } from '../../src/chart/entry-references.ts';
import { readBundledChart } from '../../src/criteria-check/check-bundle.ts';

const VISIT = 'urn:uuid:6f2c0a1e-1111-4222-8333-444455556666';
const PATIENT = 'urn:uuid:6f2c0a1e-1111-4222-8333-000000000001';
const bundle = (
  ...entry: readonly object[]
): { readonly resourceType: 'Bundle'; readonly entry: readonly object[] } => ({
  resourceType: 'Bundle',
  entry,
});
const visit = { fullUrl: VISIT, resource: { resourceType: 'Encounter', id: 'v1' } };
const diagnosis = (reference: string): object => ({
  resource: { resourceType: 'Condition', id: 'c1', encounter: { reference }, note: [{ text: reference }] },
});

describe('a reference to an entry that is named by a URN', () => {
  it('is read as that of the resource, in whatever bundle of the call it stands', () => {
    const { conditions } = withEntryReferences({
      conditions: bundle(diagnosis(VISIT)),
      encounters: bundle(visit),
    });
    expect(conditions).toMatchObject({ entry: [{ resource: { encounter: { reference: 'Encounter/v1' } } }] });
    expect(conditions).toMatchObject({ entry: [{ resource: { note: [{ text: VISIT }] } }] });
  });
  it('leads nowhere when two resources have the name, or none has it', () => {
    const other = { fullUrl: VISIT, resource: { resourceType: 'Encounter', id: 'v2' } };
    for (const encounters of [bundle(visit, other), bundle(), bundle({ ...visit, fullUrl: 'urn:uuid:another' })]) {
      const { conditions } = withEntryReferences({ conditions: bundle(diagnosis(VISIT)), encounters });
      expect(conditions).toMatchObject({ entry: [{ resource: { encounter: { reference: VISIT } } }] });
    }
  });
  it('may be found twice under one name', () => {
    const { all } = withEntryReferences({ all: bundle(visit, visit, diagnosis(VISIT)) });
    expect(all.entry[2]).toMatchObject({ resource: { encounter: { reference: 'Encounter/v1' } } });
  });
  it('leaves what has addresses as it is', () => {
    const named = { a: bundle({ ...visit, fullUrl: 'https://ehr.example.org/fhir/Encounter/v1' }, diagnosis(VISIT)) };
    expect(withEntryReferences(named)).toBe(named);
    const untouched = { a: bundle(visit, diagnosis('Encounter/v1')) };
    expect(withEntryReferences(untouched)).toBe(untouched);
  });
  it('does not follow content that is nested without end', () => {
    let deep: unknown = { reference: VISIT };
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const named = { a: bundle(visit, { resource: { resourceType: 'Basic', id: 'b', extension: deep } }) };
    expect(withEntryReferences(named)).toBe(named);
  });
});

it('a chart whose patient is named by a URN belongs to that patient', () => {
  const chart = readBundledChart(
    bundle(
      { fullUrl: PATIENT, resource: { resourceType: 'Patient', id: 'p1' } },
      { fullUrl: VISIT, resource: { resourceType: 'Encounter', id: 'v1', subject: { reference: PATIENT } } },
    ),
  );
  expect(chart.resources[1]).toMatchObject({ subject: { reference: 'Patient/p1' } });
});
