import { describe, expect, it } from 'vitest';
import type { FactValue } from '../../src/policy/fact-source.ts';
import { condition, pain, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

/** An electromyography that concludes a radiculopathy. */
const emg = (effectiveDateTime: string): Resource => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: concept('cpt 95886'),
  effectiveDateTime,
  conclusionCode: [concept('icd M54.16')],
});
const radiculopathy = (...resources: readonly Resource[]): FactValue => value('radiculopathy', resources);

describe('a complaint that an examination found', () => {
  it('is there for as long as a gap of the episode', () => {
    expect(radiculopathy(emg('2025-12-10'))).toMatchObject({ truth: 'true' });
    expect(radiculopathy(emg('2025-11-20'))).toMatchObject({ truth: 'unknown' });
    expect(radiculopathy(emg('2025-11'))).toMatchObject({ truth: 'unknown' });
    expect(radiculopathy(emg('2022-03-01')).leads).toMatchObject([{ label: expect.stringContaining('too long ago') }]);
  });
  it('and while the pain of that time goes on', () => {
    expect(radiculopathy(pain('2025-08-01'), emg('2025-09-01'))).toMatchObject({ truth: 'true' });
    expect(radiculopathy(pain('2025-10-01'), emg('2025-09-01'))).toMatchObject({ truth: 'unknown' });
  });
  it('not while another problem does', () => {
    expect(radiculopathy(condition('icd C41.2', { onsetDateTime: '2020-01-01' }), emg('2022-03-01'))).toMatchObject({
      truth: 'unknown',
    });
  });
  it('was there once, and is asked about in a window as it was', () => {
    const old = emg('2022-03-01');
    expect(value('radiculopathy', [old], { certainty: 'history' }).truth).toBe('true');
    expect(value('emg-radiculopathy', [old]).truth).toBe('true');
    expect(value('radiculopathy', [old], { within: { count: 10, unit: 'years' } }).truth).toBe('true');
    expect(value('spine-complaint', [old, visit('2026-02-20', 'icd M54.50')], { certainty: 'suspected' }).truth).toBe(
      'true',
    );
  });
  it('a disease stays', () => {
    const film: Resource = {
      ...emg('2022-03-01'),
      code: concept('cpt 72100'),
      conclusionCode: [concept('icd M51.36')],
    };
    expect(value('degenerative-spine-complaint', [film]).truth).toBe('true');
  });
});
