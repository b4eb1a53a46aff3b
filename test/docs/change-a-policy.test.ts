import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalUrls } from '../../src/chart/readers/answer.ts';
import type { Command } from '../../src/cli/command.ts';
import { policyDiff } from '../../src/cli/policy-diff.ts';
import { policyShow } from '../../src/cli/policy-show.ts';
import { replayDecisions, shadowReport } from '../../src/cli/replay.ts';
import { vignettes as tryVignettes } from '../../src/cli/vignettes.ts';
import { loadKnowledge } from '../../src/criteria-check/knowledge.ts';
import { lintFolder } from '../../src/criteria-check/lint.ts';
import { openStore } from '../../src/decisions/store/open-store.ts';
import { differences } from '../../src/vignettes/differences.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { assessmentsOf, ORDER_SELECT, orderSelectCall, post, searchset } from '../support/hook-request.ts';
import { at } from '../support/json-path.ts';
import { CANONICAL_BASE } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';
import { startTestService, type TestService } from '../support/test-service.ts';
import { change, changeBlocks, fileBlocks, follow, page, shownOutput, writeBlocks } from '../support/worked-example.ts';

const DOCUMENT = page('change-a-policy.md');
const TEXT = 'policies/harbor/lumbar-mri/2026-06-01.yaml';
/** A day on which the old text is in force, and one for the new text. */
const IN_MAY = '2026-05-18';

let folder: string;
let service: TestService;
let store: string;
const before = { ...process.env };

/** A copy of a stage's files as the next stage: the files of a stage are loaded once. @returns its folder */
function nextStage(stage: string, edit?: { readonly out: string; readonly in: string }): string {
  const next = mkdtempSync(join(folder, 'stage-'));
  cpSync(stage, next, { recursive: true });
  if (edit !== undefined) change(next, { from: TEXT, to: TEXT, hunks: [edit] });
  return next;
}

/** What a command prints in a stage, with the ids of records as the page shows them. */
async function printed(stage: string, command: Command, args: readonly string[]): Promise<string> {
  process.env['POLICIES'] = join(stage, 'policies');
  process.env['DECISIONS'] = store;
  const ids = new Map<string, string>();
  const { text } = await runCommand(command, args);
  return text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    if (!ids.has(id)) ids.set(id, `(record ${ids.size + 1})`);
    return ids.get(id) ?? '';
  });
}

/** The vignettes of the page for the new text. */
const vignettes = (stage: string): readonly Vignette[] =>
  loadVignettes(join(stage, 'test/vignettes'))
    .filter((f) => f.file === 'harbor-lumbar-mri-13.yaml')
    .flatMap((f) => f.vignettes);

/** Orders a vignette on a day at the service. @returns the outcome, and the version that gave it */
async function ordered(vignette: Vignette, date: string): Promise<readonly unknown[]> {
  const fhir = vignetteToFhir({ ...vignette, order: { ...vignette.order, date } }, CANONICAL_BASE);
  const call = orderSelectCall();
  const prefetch = at(call, 'prefetch') as Readonly<Record<string, unknown>>;
  const bundles = Object.entries(prefetch).flatMap(([key, value]) => {
    const type = TYPES[key];
    return at(value, 'resourceType') === 'Bundle' && type !== undefined
      ? [[key, searchset(fhir.chart.filter((r) => r.resourceType === type))]]
      : [];
  });
  const answer = await post(`${service.base}/cds-services/${ORDER_SELECT}`, {
    ...call,
    context: {
      ...(at(call, 'context') as object),
      draftOrders: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: fhir.order }] },
    },
    prefetch: {
      ...prefetch,
      ...Object.fromEntries(bundles),
      patient: fhir.patient,
      coverages: searchset([fhir.coverage]),
    },
  });
  const [assessment] = assessmentsOf(answer);
  return [at(assessment, 'outcome'), at(assessment, 'policy.version')];
}
const TYPES: Readonly<Record<string, string>> = {
  conditions: 'Condition',
  procedures: 'Procedure',
  observations: 'Observation',
  diagnosticReports: 'DiagnosticReport',
  encounters: 'Encounter',
  serviceRequests: 'ServiceRequest',
};

/** Waits until the store has so many records of a mode. */
async function recorded(mode: 'live' | 'shadow', records: number): Promise<void> {
  const opened = await openStore(store);
  try {
    for (let i = 0; i < 200; i++) {
      if ((await opened.find({ mode, limit: 100 })).length >= records) return;
      await new Promise((r) => setTimeout(r, 50));
    }
    throw new Error(`there are not ${records} ${mode} records`);
  } finally {
    await opened.close();
  }
}

describe('docs/change-a-policy.md, step by step', () => {
  let draft: string;
  let shadow: string;
  let inForce: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'change-'));
    store = join(folder, 'decisions.sqlite');
    draft = join(folder, 'draft');
    mkdirSync(draft);
    follow(draft, fileBlocks(page('write-a-policy.md')));
    for (const block of changeBlocks(DOCUMENT)) change(draft, block);
    writeBlocks(draft, fileBlocks(DOCUMENT));
    shadow = nextStage(draft, { out: 'status: draft\n', in: 'status: shadow\n' });
    inForce = nextStage(shadow, { out: 'status: shadow\n', in: '' });
    service = await startTestService({ POLICIES: join(shadow, 'policies'), DECISIONS: store });
  });
  afterAll(async () => {
    await service.close();
    process.env = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it('1. the draft is lint clean, and decides nothing', async () => {
    expect(lintFolder(join(draft, 'policies'), '2026-05-04').findings.filter((f) => f.level === 'error')).toEqual([]);
    const { policies } = loadKnowledge(join(draft, 'policies'));
    const days = ['2026-05-18', '2026-07-01'].map((d) => Date.parse(d) / 86_400_000);
    expect(days.map((d) => policies.inForce('harbor-lumbar-mri', d)?.input.version)).toEqual(['12', '12']);
    expect(days.map((d) => policies.inForce('harbor-lumbar-mri', d, 'shadow'))).toEqual([undefined, undefined]);
  });

  it('1. the draft is shown in words, and the new cases come out on it as written from the source', async () => {
    const text = 'harbor-lumbar-mri@2026-06-01';
    const [head] = shownOutput(DOCUMENT, 'policy show').split('\n[…]');
    expect((await printed(draft, policyShow, [text])).startsWith(`${head}\n`)).toBe(true);
    const file = join(draft, 'test/vignettes/harbor-lumbar-mri-13.yaml');
    const [, last] = shownOutput(DOCUMENT, 'vignettes').split('[…]\n');
    expect((await printed(draft, tryVignettes, [file, '--text', text])).split('\n').at(-1)).toBe(last);
    // on the texts in force they do not
    expect(await printed(draft, tryVignettes, [file])).toContain('4 vignettes tried, 3 come out otherwise');
  });

  it('2. policy diff says what changes', async () => {
    const args = ['harbor-lumbar-mri@2026-03-01', 'harbor-lumbar-mri@2026-06-01'];
    const cases = ['--vignettes', join(draft, 'test/vignettes')];
    expect(await printed(draft, policyDiff, [...args, ...cases])).toBe(shownOutput(DOCUMENT, 'policy diff'));
  });

  it('3. as a shadow it is recorded beside the text in force, and not shown', async () => {
    for (const vignette of vignettes(shadow)) expect((await ordered(vignette, IN_MAY))[1]).toBe('12');
    await recorded('live', 4);
    await recorded('shadow', 4);
    expect(await printed(shadow, shadowReport, [])).toBe(shownOutput(DOCUMENT, 'shadow report'));
  });

  it('4. the recorded decisions under the new text', async () => {
    const args = ['harbor-lumbar-mri@2026-03-01', 'harbor-lumbar-mri@2026-06-01', '--decisions'];
    const text = await printed(shadow, policyDiff, args);
    expect(text.slice(text.indexOf('4 recorded'))).toBe(shownOutput(DOCUMENT, 'policy diff --decisions'));
  });

  it('5. in force, it decides from its date on, and the cases come out as written from the source', async () => {
    service.service.prepare({
      POLICIES: join(inForce, 'policies'),
      CDS_SERVICES: 'cds-services',
      SMART_CONFIG: 'smart-config',
      CRD_CONFIG: undefined,
    })();
    for (const vignette of vignettes(inForce)) {
      expect(await ordered(vignette, vignette.order.date), vignette.id).toEqual([vignette.expect.outcome, '13']);
      expect((await ordered(vignette, IN_MAY))[1]).toBe('12');
    }
    const checker = { knowledge: loadKnowledge(join(inForce, 'policies')), canonical: canonicalUrls(CANONICAL_BASE) };
    for (const vignette of loadVignettes(join(inForce, 'test/vignettes')).flatMap((f) => f.vignettes))
      expect(differences(vignette, checkVignette(vignette, checker, CANONICAL_BASE)), vignette.id).toEqual([]);
  });

  it('6. what was decided before stays as it was', async () => {
    expect(await printed(inForce, replayDecisions, ['--since', '2026-01-01'])).toBe(shownOutput(DOCUMENT, 'replay'));
  });
});
