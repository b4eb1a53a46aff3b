import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, informationOf, partsOf, reasonsOf } from '../support/crd-validator.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { page } from '../support/worked-example.ts';

const DOCUMENT = page('crd.md');

/** A block of the page. @throws when it shows none */
function shown(opening: string): string {
  const found = new RegExp(`^\`\`\`${opening}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(DOCUMENT)?.[1];
  if (found === undefined) throw new Error(`the page shows no "${opening}"`);
  return found;
}

const COMMAND = /^([A-Z_]+)=(\S+) npm start\n$/.exec(shown('sh')) ?? [];

let service: ServiceProcess;
beforeAll(async () => {
  const [, name = '', value = ''] = COMMAND;
  service = await startServiceProcess({ [name]: value, SANDBOX: 'true' });
});
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.exit;
});

/** Runs the command that the page shows, about one of the sandbox's patients. */
async function run(patient: string): Promise<unknown> {
  const command = shown('sh run').replaceAll('http://127.0.0.1:3000', service.base).replaceAll('iris', patient);
  const { stdout } = await promisify(execFile)('bash', ['-c', command]);
  return JSON.parse(stdout);
}

/** When it was said, and under which number, differs from run to run. */
function withoutCircumstances(answer: unknown): unknown {
  const text = JSON.stringify(answer);
  return JSON.parse(
    text
      .replaceAll(/"valueDate":"[^"]*"/g, '"valueDate":"(today)"')
      .replaceAll(/("coverage-assertion-id","valueString":)"[^"]*"/g, '$1"(its id)"'),
  );
}
const saidOf = (answer: unknown): readonly unknown[] =>
  informationOf(at(listAt(answer, 'systemActions')[0], 'resource'));

describe('the page on payer mode', () => {
  it('its two commands give the answer that it shows', async () => {
    expect(service.said()).toContain(`Payer mode  ${service.base}/crd/cds-services\n`);
    expect(withoutCircumstances(await run('iris'))).toEqual(withoutCircumstances(JSON.parse(shown('json answer'))));
  });

  it('what it says of other patients', async () => {
    const [bruno] = saidOf(await run('bruno'));
    expect([codeOf(bruno, 'doc-needed'), partsOf(bruno, 'expiry-date').length]).toEqual([undefined, 1]);
    const elsa = await run('elsa');
    expect(saidOf(elsa).map((s) => at(partsOf(s, 'billingCode')[0], 'valueCoding.code'))).toEqual(['72148', '72158']);
    expect(listAt(elsa, 'cards')).toHaveLength(1);
    const [hugo] = saidOf(await run('hugo'));
    expect([codeOf(hugo, 'pa-needed'), reasonsOf(hugo)]).toEqual(['no-auth', expect.stringContaining('no review')]);
    expect(codeOf(saidOf(await run('jonas'))[0], 'covered')).toBe('indeterminate');
    expect(at(await run('dario'), 'issue.0.details.text')).toContain('the payor has no identifier');
    expect(at(await run('gita'), 'issue.0.details.text')).toContain('no active coverage');
  });

  it('the settings that it shows are those of the example', () => {
    const example = readFileSync(join(ROOT, COMMAND[2] ?? ''), 'utf8').split('\n');
    let line = -1;
    for (const wanted of shown('yaml').trimEnd().split('\n')) {
      line = example.indexOf(wanted, line + 1);
      expect(line, wanted).toBeGreaterThan(-1);
    }
  });
});
