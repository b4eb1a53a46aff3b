import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt } from '../support/json-path.ts';
import { CANONICAL_BASE } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';
import { fhirErrors } from '../support/valid-fhir.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const get = async (path: string): Promise<{ response: Response; body: unknown }> => {
  const response = await fetch(`${service.base}/fhir/Questionnaire${path}`);
  return { response, body: await response.json() };
};
const URL_OF = `${CANONICAL_BASE}/Questionnaire/cohere-spine-mri.thoracic`;

describe('our forms as FHIR', () => {
  it('are read by id', async () => {
    const { response, body } = await get('/cohere-spine-mri.thoracic');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/fhir+json; charset=utf-8',
    ]);
    expect(at(body, 'url')).toBe(URL_OF);
    expect(fhirErrors(body)).toEqual([]);
  });

  it('are found by their canonical URL, with and without a version', async () => {
    const { body } = await get(`?url=${encodeURIComponent(URL_OF)}`);
    expect(fhirErrors(body)).toEqual([]);
    expect(at(body, 'total')).toBe(1);
    const version = String(at(body, 'entry.0.resource.version'));
    for (const query of [
      `url=${encodeURIComponent(`${URL_OF}|${version}`)}`,
      `url=${encodeURIComponent(URL_OF)}&version=${version}`,
    ])
      expect(listAt((await get(`?${query}`)).body, 'entry')).toHaveLength(1);
    expect((await get(`?url=${encodeURIComponent(`${URL_OF}|0`)}`)).body).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
    });
  });

  it('say so when there is none', async () => {
    for (const [path, status] of [
      ['/none', 404],
      ['/kaiser-wa-lumbar-mri.cervical', 404],
      ['', 400],
      ['?url=', 400],
    ] as const) {
      const { response, body } = await get(path);
      expect([path, response.status, at(body, 'resourceType')]).toEqual([path, status, 'OperationOutcome']);
    }
  });

  it('are what answers and payer mode name: the address ends with the form’s id', async () => {
    const { body } = await get('/kaiser-wa-lumbar-mri.lumbar');
    expect(at(body, 'version')).toMatch(/^2023-10-03-[0-9a-f]{8}$/);
  });
});
