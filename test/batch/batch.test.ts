import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BatchRow, CSV_HEADING, csvField, csvRow } from '../../src/batch/batch-row.ts';
import { linesIn } from '../../src/batch/line-blocks.ts';
import { linesOf } from '../../src/batch/part-lines.ts';
import { type BadLine, partitionFile } from '../../src/batch/partition-file.ts';
import { readNdjson } from '../../src/batch/read-ndjson.ts';
import { type BatchSummary, exportFiles, runBatch } from '../../src/batch/run-batch.ts';
import { batch } from '../../src/cli/batch.ts';
import { loadVignettes } from '../../src/vignettes/run.ts';
import { vignetteToFhir } from '../../src/vignettes/to-fhir.ts';
import { storyFhir } from '../support/hook-request.ts';
import { CANONICAL_BASE, ROOT } from '../support/knowledge.ts';
import { runCommand } from '../support/run-command.ts';

type Json = Record<string, unknown>;

const TODAY = { lo: 20_600, hi: 20_600 };
const vignettes = loadVignettes(`${ROOT}/test/vignettes`)
  .flatMap((f) => f.vignettes)
  .filter((v, i) => i % 40 === 0 && Object.keys(v.incomplete).length === 0);
let folder = '';
let temporary = '';

/** A vignette's resources as those of a patient of their own. */
function resourcesOf(index: number): readonly Json[] {
  const vignette = vignettes[index];
  if (vignette === undefined) return [];
  const { patient, order, coverage, chart } = vignetteToFhir(vignette, CANONICAL_BASE);
  const own = (r: Json): Json => {
    const id = r['resourceType'] === 'Patient' ? `p${index}` : `${String(r['id'])}-${index}`;
    const text = JSON.stringify({ ...r, id })
      .replaceAll('Patient/p1"', `Patient/p${index}"`)
      .replaceAll(/"((?:Coverage|Encounter|Condition)\/[\w-]+)"/g, `"$1-${index}"`);
    return JSON.parse(text) as Json;
  };
  return [patient, { ...order, status: 'active' }, coverage, ...chart].map(own);
}

/** As some writers do: with spaces, and the type at the end. */
function spaced({ resourceType, ...rest }: Json): string {
  return JSON.stringify({ ...rest, resourceType }, null, 1).replaceAll('\n', ' ');
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
  temporary = mkdtempSync(join(tmpdir(), 'work-'));
  const byType = new Map<string, string[]>();
  for (const resource of vignettes.flatMap((_, i) => resourcesOf(i))) {
    const type = String(resource['resourceType']);
    byType.set(type, [
      ...(byType.get(type) ?? []),
      type === 'ServiceRequest' ? spaced(resource) : JSON.stringify(resource),
    ]);
  }
  // in many files, out of order, one of them gzipped, one below
  mkdirSync(join(folder, 'more'));
  for (const [type, lines] of byType) {
    if (type === 'Patient') writeFileSync(join(folder, 'zz-patients.ndjson.gz'), gzipSync(lines.join('\n')));
    else if (type === 'Condition') {
      writeFileSync(join(folder, 'Condition.000.ndjson'), `${lines.slice(0, 3).join('\r\n')}\r\n\n`);
      writeFileSync(join(folder, 'more', 'Condition.001.ndjson'), lines.slice(3).join('\n'));
    } else writeFileSync(join(folder, `${type}.ndjson`), `${lines.reverse().join('\n')}\n`);
  }
  const bad = ['{"resourceType":"Condition","id":"x"', '[1]', '{"resourceType":"Procedure","id":"nobody"}', '{"a":1}'];
  writeFileSync(join(folder, 'bad.ndjson'), bad.join('\n'));
  writeFileSync(
    join(folder, 'Patient.broken.ndjson.gz'),
    gzipSync('{"resourceType":"Patient","id":"q"}\n'.repeat(9)).subarray(0, 30),
  );
  writeFileSync(join(folder, 'readme.txt'), 'not an export file');
});
afterAll(() => {
  for (const dir of [folder, temporary]) rmSync(dir, { recursive: true, force: true });
});

async function run(
  workers: number,
  wish: Partial<Parameters<typeof runBatch>[0]['wish']> = {},
): Promise<{ readonly rows: readonly BatchRow[]; readonly bad: readonly BadLine[]; readonly summary: BatchSummary }> {
  const rows: BatchRow[] = [];
  const bad: BadLine[] = [];
  const summary = await runBatch({
    files: exportFiles(folder),
    wish: { date: TODAY, everyPatient: false, ...wish },
    workers,
    policies: `${ROOT}/policies`,
    canonicalBase: CANONICAL_BASE,
    temporary,
    onRows: (found) => rows.push(...found),
    onBad: (line) => bad.push(line),
  });
  return { rows, bad, summary };
}

describe('a batch', () => {
  it('gives each order the outcome that it has alone, whatever the number of workers', {
    timeout: 60_000,
  }, async () => {
    const one = await run(1);
    const two = await run(2);
    expect(two.rows).toEqual(one.rows);
    const found = new Map(one.rows.filter((r) => r.order.includes('order-1')).map((r) => [r.patient, r.outcome]));
    expect([...vignettes.keys()].map((i) => found.get(`p${i}`) ?? 'not-governed')).toEqual(
      vignettes.map((v) => v.expect.outcome),
    );
    expect(one.summary.charts).toBe(vignettes.length);
  });

  it('reports lines that cannot be used with file and line, once, and goes on', async () => {
    const { bad } = await run(2);
    const at = bad.map((b) => `${b.file.slice(folder.length + 1)}:${b.line} ${b.what}`).sort();
    expect(at).toEqual([
      'Patient.broken.ndjson.gz:1 the file breaks off',
      'bad.ndjson:1 not a JSON object',
      'bad.ndjson:2 not a JSON object',
      'bad.ndjson:3 Procedure without a patient',
      'bad.ndjson:4 not a FHIR resource',
    ]);
  });

  it('counts lines that cannot be used, but does not tell each of thousands', async () => {
    const many = mkdtempSync(join(tmpdir(), 'many-bad-'));
    writeFileSync(join(many, 'bad.ndjson'), '{"a":1}\n{"resourceType":"Condition"\n'.repeat(5_000));
    const bad: BadLine[] = [];
    const summary = await runBatch({
      files: exportFiles(many),
      wish: { date: TODAY, everyPatient: false },
      workers: 1,
      policies: `${ROOT}/policies`,
      canonicalBase: CANONICAL_BASE,
      temporary,
      onRows: () => undefined,
      onBad: (line) => bad.push(line),
    });
    rmSync(many, { recursive: true });
    expect([summary.bad, bad.length, bad[1]?.line]).toEqual([10_000, 100, 2]);
  });

  it('reads each file once where links lead in circles', () => {
    const linked = mkdtempSync(join(tmpdir(), 'linked-'));
    mkdirSync(join(linked, 'Condition.ndjson'));
    writeFileSync(join(linked, 'Condition.ndjson', 'part-0.ndjson'), '');
    for (const [target, name] of [
      ['.', 'here'],
      ['..', 'Condition.ndjson/up'],
      ['itself.ndjson', 'itself.ndjson'],
      ['nowhere', 'lost.ndjson'],
    ] as const)
      symlinkSync(target, join(linked, name));
    const found = exportFiles(linked).map((f) => f.slice(linked.length + 1));
    rmSync(linked, { recursive: true });
    expect(found).toEqual(['Condition.ndjson/part-0.ndjson', 'itself.ndjson', 'lost.ndjson']);
  });

  it('leaves nothing in the temporary folder', () => {
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('supposes an order for every patient when asked to', async () => {
    const { rows } = await run(1, { everyPatient: true, study: '72148', payer: 'healthhelp' });
    expect(rows).toHaveLength(vignettes.length);
    expect(new Set(rows.map((r) => `${r.study} ${r.policy ?? ''}`))).toEqual(new Set(['72148 healthhelp-lumbar-mri']));
  });

  it('keeps to one study when asked to', async () => {
    const { rows } = await run(1, { study: '72141' });
    expect(new Set(rows.map((r) => r.study))).toEqual(new Set(['72141']));
  });
});

describe('a chart of which lines cannot be used', () => {
  let incomplete = '';
  afterAll(() => rmSync(incomplete, { recursive: true, force: true }));

  /** Two patients with the story's chart, whose red flag is a condition. @param conditions writes their conditions */
  async function outcomes(conditions: (file: string, lines: readonly string[]) => void): Promise<readonly unknown[]> {
    incomplete = mkdtempSync(join(tmpdir(), 'incomplete-'));
    const { patient, order, coverage, chart } = storyFhir();
    const text = [patient, { ...order, status: 'active' }, coverage, ...chart].map((r) => {
      const { resourceType, subject, ...rest }: Json = { ...r };
      // the patient first: a line that breaks off still names it
      return JSON.stringify({ resourceType, subject, ...rest });
    });
    const lines = ['a', 'b'].flatMap((p) =>
      text.map((l) => l.replaceAll('Patient/p1"', `Patient/${p}"`).replace('"id":"p1"', `"id":"${p}"`)),
    );
    const isCondition = (l: string): boolean => l.includes('"resourceType":"Condition"');
    writeFileSync(join(incomplete, 'all.ndjson'), lines.filter((l) => !isCondition(l)).join('\n'));
    conditions(join(incomplete, 'Condition.ndjson'), lines.filter(isCondition));
    const rows: BatchRow[] = [];
    await runBatch({
      files: exportFiles(incomplete),
      wish: { date: TODAY, everyPatient: false },
      workers: 1,
      policies: `${ROOT}/policies`,
      canonicalBase: CANONICAL_BASE,
      temporary,
      onRows: (found) => rows.push(...found),
      onBad: () => undefined,
    });
    return rows.map((r) => [r.patient, r.outcome, r.reason, ...(r.mayLack === undefined ? [] : [r.mayLack])]);
  }
  const MET = (patient: string): readonly unknown[] => [patient, 'met', undefined];
  const UNSEEN = (patient: string): readonly unknown[] => [patient, 'undetermined', 'data-unavailable'];

  it('is not taken for whole: a line that breaks off, one that is no JSON', async () => {
    expect(await outcomes((file, lines) => writeFileSync(file, lines.join('\n')))).toEqual([MET('a'), MET('b')]);
    for (const broken of [(l: string) => l.slice(0, -10), (l: string) => `${l.slice(0, -10)}}`]) {
      const found = await outcomes((file, lines) =>
        writeFileSync(file, `${lines.map((l) => (l.includes('Patient/a"') ? broken(l) : l)).join('\n')}\n`),
      );
      expect(found).toEqual([UNSEEN('a'), MET('b')]);
    }
  });

  it('is nobody’s whole when a file breaks off: what was lost may be anybody’s', async () => {
    const found = await outcomes((file, lines) =>
      writeFileSync(`${file}.gz`, gzipSync(lines.join('\n')).subarray(0, -40)),
    );
    expect(found).toEqual([UNSEEN('a'), UNSEEN('b')]);
  });

  it('is nobody’s whole when a file that is not compressed breaks off in its last line', async () => {
    const found = await outcomes((file, lines) => {
      const seen = lines.filter((l) => l.includes('Patient/a"')).join('\n');
      writeFileSync(file, `${seen}\n{"resourceType":"Condition","subject":{"reference":"Patient/c"}`);
    });
    expect(found).toEqual([MET('a'), UNSEEN('b')]);
  });

  it('is whole with lines of spaces between its lines, in a folder that is called as a file', async () => {
    const found = await outcomes((file, lines) => {
      mkdirSync(file);
      writeFileSync(join(file, 'part-0.ndjson'), `\n   \n${lines.join('\n \r\n')}\n\t`);
    });
    expect(found).toEqual([MET('a'), MET('b')]);
  });

  it('has the last version of what comes in several', async () => {
    const ofA = (l: string): boolean => l.includes('"ServiceRequest"') && l.includes('Patient/a"');
    const versions = (...changes: readonly Json[]): Promise<readonly unknown[]> =>
      outcomes((file, conditions) => {
        const all = join(incomplete, 'all.ndjson');
        const lines = readFileSync(all, 'utf8').split('\n');
        const order = JSON.parse(lines.find(ofA) ?? '') as Json;
        const orders = changes.map((c) => JSON.stringify({ ...order, ...c }));
        writeFileSync(all, [...lines.filter((l) => !ofA(l)), ...orders].join('\n'));
        writeFileSync(file, conditions.join('\n'));
      });
    expect(await versions({}, {})).toEqual([MET('a'), MET('b')]);
    const first = { meta: { lastUpdated: '2025-06-10T08:00:00Z' } };
    const revoked = { meta: { lastUpdated: '2025-06-10T09:00:00Z' }, status: 'revoked' };
    for (const both of [
      [first, revoked],
      [revoked, first],
    ])
      expect(await versions(...both)).toEqual([MET('b')]);
  });

  it('may lack a broken line that names nobody: the row keeps its outcome, and says that it turns on it', async () => {
    const alone = (broken: string) =>
      outcomes((file, lines) =>
        writeFileSync(file, `${broken}\n${lines.filter((l) => l.includes('Patient/a"')).join('\n')}\n`),
      );
    // a is met, whoever's the broken line is; b, who has no condition on file, may have had one
    const whole = await alone('');
    expect(whole[0]).toEqual(MET('a'));
    expect(whole[1]).toEqual([
      'b',
      expect.stringMatching(/undetermined|not-met/),
      expect.not.stringMatching('data-unavailable'),
    ]);
    expect(await alone('{"resourceType":"Condition","id":')).toEqual([
      MET('a'),
      [...(whole[1] as unknown[]), ['Condition']],
    ]);
    expect(await alone('{"resourceType":"Device","id":')).toEqual(whole);
    expect(await alone('<html>')).toEqual([
      expect.arrayContaining(['a', 'met']),
      [...(whole[1] as unknown[]), ['Condition']],
    ]);
  });
});

it('removes what it sorted when it is stopped', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'batch', folder], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  await vi.waitFor(() => expect(readdirSync(temporary)).toHaveLength(1), { timeout: 30_000, interval: 20 });
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});

it('ends without a stack when nobody reads its rows any more', { timeout: 60_000 }, () => {
  const command = `"${process.execPath}" src/cli/main.ts batch "${folder}" | true`;
  const { stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toContain('the file breaks off');
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
});

describe('lines of a file', () => {
  it('come whole, plain or gzipped, the last one without an end', async () => {
    const text = `${'a'.repeat(3)}\n\n${'b'.repeat(2_000_000)}\r\nlast`;
    for (const [name, content] of [
      ['plain.ndjson', Buffer.from(text)],
      ['zipped.ndjson', gzipSync(text)],
    ] as const) {
      const file = join(temporary, name);
      writeFileSync(file, content);
      const lines: string[] = [];
      const onBlock = (block: Buffer, unended: boolean): number =>
        lines.push(...[...linesIn(block)].map((l) => `${unended ? 'unended ' : ''}${l.trim().length}`));
      await readNdjson(file, { onBlock });
      expect(lines).toEqual(['3', '0', '2000000', 'unended 4']);
      // what is too long is passed over
      await readNdjson(file, { onBlock, onLong: (start) => lines.push(`long ${start.toString().slice(0, 3)}`) }, 1e6);
      expect(lines.slice(4)).toEqual(['3', '0', 'long bbb', 'unended 4']);
      rmSync(file);
    }
  });

  it('do not hold the mark with which some writers begin a file', async () => {
    const file = join(temporary, 'mark.ndjson');
    writeFileSync(file, '\uFEFF{}\n\uFEFF{}');
    const lines: string[] = [];
    await readNdjson(file, { onBlock: (block) => lines.push(...linesIn(block)) });
    rmSync(file);
    expect(lines).toEqual(['{}', '\uFEFF{}']);
  });
});

it('orders that no text governs have no row, and are told with the reason', { timeout: 60_000 }, async () => {
  const small = mkdtempSync(join(tmpdir(), 'ungoverned-'));
  const { patient, order, coverage } = storyFhir();
  const of = (id: string, payer?: string, study = '72148'): readonly Json[] => [
    { ...patient, id },
    {
      ...order,
      status: 'active',
      subject: { reference: `Patient/${id}` },
      insurance: [],
      code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: study }] },
    },
    ...(payer === undefined
      ? []
      : [{ ...coverage, id: `c-${id}`, beneficiary: { reference: `Patient/${id}` }, payor: [{ display: payer }] }]),
  ];
  const charts = [of('a', 'Cigna'), of('b'), of('c'), of('d', 'Nobody Health'), of('e', 'HealthHelp', '72141')];
  writeFileSync(
    join(small, 'all.ndjson'),
    charts
      .flat()
      .map((r) => JSON.stringify(r))
      .join('\n'),
  );
  const { lines } = await runCommand(batch, [small, '--out', join(small, 'rows.out'), '--workers', '1']);
  rmSync(small, { recursive: true });
  expect(lines).toEqual([
    '1 orders of 5 charts checked, 13 lines read, 0 could not be used',
    '4 orders not checked: no coverage on file, and no --payer (2); no text of the payer governs the study (1); a payer that is not in payers.yaml (1)',
  ]);
});

it('a line that is too long is told, if its type is read, and costs no other line', async () => {
  const file = join(temporary, 'long.ndjson');
  const parts = mkdtempSync(join(temporary, 'parts-'));
  const long = Buffer.alloc(65 << 20, 'x');
  const condition = '{"resourceType":"Condition","subject":{"reference":"Patient/a"}';
  for (const part of ['{"resourceType":"Binary","data":"', long, `"}\n${condition},"x":"`, long, `"}\n${condition}}\n`])
    appendFileSync(file, part);
  const bad: BadLine[] = [];
  const lines = await partitionFile(
    { file, partitions: 1, folder: parts, part: 0, wanted: undefined },
    () => undefined,
    (line) => bad.push(line),
  );
  const sorted = [...linesOf(join(parts, '0.0.ndjson'))];
  rmSync(file);
  rmSync(parts, { recursive: true });
  expect([lines, bad]).toEqual([{ lines: 3, bad: 1 }, [{ file, line: 2, what: 'longer than 64 MB' }]]);
  // the beginning of the long one, which says whose it is and of what type, and the one behind it
  expect([sorted.length, sorted[0]?.startsWith(condition), sorted[1]]).toEqual([2, true, `${condition}}`]);
});

describe('the CSV form', () => {
  it('quotes what needs it, and sets off what a spreadsheet would run', () => {
    expect(['a,b', 'say "x"', '=1+1', '@x', '-cmd', '-5', 'plain'].map(csvField)).toEqual([
      '"a,b"',
      '"say ""x"""',
      "'=1+1",
      "'@x",
      "'-cmd",
      '-5',
      'plain',
    ]);
  });

  it('has one field for each heading', async () => {
    const { rows } = await run(1, { study: '72141' });
    const [row] = rows;
    expect(row === undefined ? 0 : csvRow(row).split(',').length).toBe(CSV_HEADING.split(',').length);
  });
});

describe('lines of a part', () => {
  it('come whole, however the file falls into chunks', () => {
    const file = join(temporary, 'part');
    const lines = ['a', '', 'größer', 'x'.repeat(50), 'last'];
    writeFileSync(file, lines.join('\n'));
    for (const bytes of [1, 2, 3, 7, 64, 1 << 20]) expect([...linesOf(file, bytes)]).toEqual(lines);
    writeFileSync(file, `${lines.join('\n')}\n`);
    expect([...linesOf(file, 8)]).toEqual(lines);
    rmSync(file);
  });
});
