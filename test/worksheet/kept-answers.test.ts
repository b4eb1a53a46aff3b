import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SealedAnswers } from '../../src/answer-store/answer-store.ts';
import { RemoteStore } from '../../src/decisions/store/remote-store.ts';
import { responseOf } from '../../src/documentation/answers.ts';
import { formOf } from '../../src/documentation/questionnaire.ts';
import { ConfigError } from '../../src/server/config.ts';
import { crdFile, crdSettings, PAYER } from '../support/crd.ts';
import { codeOf, informationOf, partsOf, reasonsOf } from '../support/crd-validator.ts';
import { EhrStub } from '../support/ehr-stub.ts';
import { at } from '../support/json-path.ts';
import { checker } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

const SECRET = Buffer.alloc(32, 9);
const ADMIN = 'an-administrators-token-of-some-length';
const TODAY = new Date().toISOString().slice(0, 10);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const entry = (stub: EhrStub, answerStore: boolean) => ({
  ehr: 'silent',
  name: 'An EHR that takes no answers',
  'fhir-bases': [stub.fhir],
  'private-network': true,
  'default-payer': { payer: 'kaiser-wa' },
  smart: {
    'client-id': 'app',
    authentication: 'public',
    'questionnaire-response': 'none',
    'answer-store': answerStore,
  },
});

async function start(
  answerStore: boolean,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ stub: EhrStub; service: TestService; file: string }> {
  const stub = await new EhrStub().start();
  stub.resources = [
    { resourceType: 'Patient', id: 'p1', birthDate: '1970-01-01' },
    {
      resourceType: 'Condition',
      id: 'c1',
      subject: { reference: 'Patient/p1' },
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'M54.50' }] },
      onsetDateTime: TODAY,
      recordedDate: TODAY,
    },
  ];
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  const file = join(folder, 'store.sqlite');
  const own = { DECISIONS: file, DECISIONS_WAIT_MS: '2000', APP_SECRET: SECRET.toString('base64url') };
  const service = await startTestService({ ...own, ...settings }, [entry(stub, answerStore)]);
  closing.push(
    () => stub.close(),
    () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
    () => service.close(),
  );
  return { stub, service, file };
}

/** What is answered to the order. @param services the beginning of the service's address */
async function answerOf(service: TestService, stub: EhrStub, services: string): Promise<unknown> {
  const response = await fetch(`${service.base}/${services}-order-sign`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      hook: 'order-sign',
      hookInstance: '6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa',
      fhirServer: stub.fhir,
      fhirAuthorization: {
        access_token: 't',
        token_type: 'Bearer',
        expires_in: 300,
        scope: 'patient/*.read',
        subject: 's',
      },
      context: {
        userId: 'Practitioner/d1',
        patientId: 'p1',
        draftOrders: {
          resourceType: 'Bundle',
          type: 'collection',
          entry: [
            {
              resource: {
                resourceType: 'ServiceRequest',
                id: 'order-1',
                status: 'draft',
                intent: 'order',
                subject: { reference: 'Patient/p1' },
                code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '72148' }] },
              },
            },
          ],
        },
      },
    }),
  });
  return response.json();
}

async function outcome(service: TestService, stub: EhrStub): Promise<unknown> {
  const cards = await answerOf(service, stub, 'cds-services/spine-imaging');
  const extension = at(cards, 'cards.0.extension') as Readonly<Record<string, unknown>> | undefined;
  return at(extension?.['org.payer-policy-cds.assessment'], 'outcome');
}

/** Keeps an answer as the worksheet does. */
async function keep(file: string, stub: EhrStub): Promise<void> {
  const { knowledge, canonical } = checker();
  const policy = knowledge.policies.policies.find((p) => p.id === 'kaiser-wa-lumbar-mri');
  if (policy === undefined) throw new Error('there is no such policy');
  const form = formOf(policy, 'lumbar', knowledge.vocabulary, canonical);
  const response = responseOf(form, [{ fact: 'cauda-equina-syndrome.suspected', value: 'yes', date: TODAY }], {
    base: stub.fhir,
    patientId: 'p1',
    author: 'Practitioner/d1',
    about: 'ServiceRequest/order-1',
    order: { display: 'MRI', onFile: false },
    authored: new Date().toISOString(),
  });
  const rows = new RemoteStore(file);
  const of = { base: stub.fhir, patientId: 'p1', order: 'ServiceRequest/order-1' };
  await new SealedAnswers(rows, [SECRET], 30).keep(of, [{ ...response, id: 'kept-1' } as never], {
    answers: [],
    version: undefined,
  });
  await rows.close();
}

describe('answers kept for an EHR that takes none', () => {
  it('are read by the next hook call, and lie encrypted in the store', async () => {
    const { stub, service, file } = await start(true);
    expect(await outcome(service, stub)).toBe('undetermined');
    await keep(file, stub);
    expect(await outcome(service, stub)).toBe('met');
    const bytes = ['', '-wal'].map((end) => readFileSync(`${file}${end}`, 'latin1')).join('');
    expect(bytes).toContain('answer');
    expect(bytes).not.toContain('cauda-equina-syndrome.suspected","answer');
  });

  it('are read by payer mode too, and recorded with what it says', async () => {
    const { stub, service, file } = await start(true, { CRD_CONFIG: crdFile(crdSettings()), ADMIN_TOKEN: ADMIN });
    const coverage = { resourceType: 'Coverage', id: 'k', status: 'active', beneficiary: { reference: 'Patient/p1' } };
    stub.resources = [...stub.resources, { ...coverage, payor: [{ identifier: PAYER }] }];
    const said = async (): Promise<unknown> =>
      informationOf(
        at(await answerOf(service, stub, 'crd/cds-services/spine-imaging-crd'), 'systemActions.0.resource'),
      )[0];
    expect(codeOf(await said(), 'doc-needed')).toBe('clinical');
    await keep(file, stub);
    const now = await said();
    expect([codeOf(now, 'doc-needed'), reasonsOf(now)]).toEqual([
      undefined,
      expect.stringContaining('The chart documents'),
    ]);
    const assertion = String(at(partsOf(now, 'coverage-assertion-id')[0], 'valueString'));
    const headers = { authorization: `Bearer ${ADMIN}` };
    const replayed = await fetch(`${service.base}/decisions/${assertion}/replay`, { method: 'POST', headers });
    expect(await replayed.json()).toMatchObject({ same: true, before: { outcome: 'met' } });
  });

  it('are not looked for where the registry does not allow it', async () => {
    const { stub, service, file } = await start(false);
    expect(await outcome(service, stub)).toBe('undetermined');
    await keep(file, stub);
    expect(await outcome(service, stub)).toBe('undetermined');
  });

  it('need a store: without one the service does not start', async () => {
    const stub = await new EhrStub().start();
    closing.push(() => stub.close());
    await expect(startTestService({ DECISIONS: 'off' }, [entry(stub, true)])).rejects.toThrow(ConfigError);
  });
});
