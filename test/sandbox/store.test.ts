import { describe, expect, it } from 'vitest';
import { FhirProblem } from '../../src/sandbox/fhir/problem.ts';
import { FhirStore } from '../../src/sandbox/fhir/store.ts';

const condition = (id: string, patient: string) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patient}` },
});

describe('FhirStore', () => {
  it('numbers the versions of a resource and dates them', () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const store = new FhirStore({ now: () => now });
    expect(store.put(condition('c', 'ada')).meta).toEqual({ versionId: '1', lastUpdated: '2026-01-01T00:00:00.000Z' });
    now = new Date('2026-01-02T00:00:00Z');
    expect(store.put(condition('c', 'ada')).meta).toEqual({ versionId: '2', lastUpdated: '2026-01-02T00:00:00.000Z' });
    expect(store.size).toBe(1);
  });

  it('gives an id to a resource without one, and keeps what else is in meta', () => {
    const stored = new FhirStore().put({ resourceType: 'Basic', meta: { tag: [{ code: 'x' }], versionId: '77' } });
    expect(stored.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(stored.meta).toMatchObject({ tag: [{ code: 'x' }], versionId: '1' });
  });

  it('finds the resources of a patient, also after they were given to another', () => {
    const store = new FhirStore();
    store.put(condition('a', 'ada'));
    store.put(condition('b', 'bruno'));
    store.put({ resourceType: 'Coverage', id: 'c', beneficiary: { reference: 'Patient/ada' } });
    const of = (type: string, patient: string) => [...store.ofPatient(type, patient)].map((r) => r.id);
    expect(of('Condition', 'ada')).toEqual(['a']);
    expect(of('Coverage', 'ada')).toEqual(['c']);
    store.put(condition('a', 'bruno'));
    expect(of('Condition', 'ada')).toEqual([]);
    expect(of('Condition', 'bruno')).toEqual(['b', 'a']);
  });

  it('takes back all writes of a group that fails', () => {
    const store = new FhirStore();
    store.put(condition('a', 'ada'));
    const work = () => {
      store.put(condition('a', 'bruno'));
      store.put(condition('b', 'bruno'));
      throw new FhirProblem(400, 'value', 'no');
    };
    expect(() => store.atomically(work)).toThrow('no');
    expect(store.size).toBe(1);
    expect(store.read('Condition', 'a')?.meta.versionId).toBe('1');
    expect([...store.ofPatient('Condition', 'bruno')]).toEqual([]);
    expect([...store.ofPatient('Condition', 'ada')]).toHaveLength(1);
  });

  it('refuses more resources than it may hold, but not new versions', () => {
    const store = new FhirStore({ limit: 1 });
    store.put(condition('a', 'ada'));
    expect(() => store.put(condition('b', 'ada'))).toThrow(FhirProblem);
    expect(store.put(condition('a', 'ada')).meta.versionId).toBe('2');
  });
});
