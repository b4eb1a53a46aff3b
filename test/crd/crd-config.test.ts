import { expect, it } from 'vitest';
import { loadCrdConfig } from '../../src/crd/crd-config.ts';
import { crdFile, crdSettings, PAYER } from '../support/crd.ts';
import { checker } from '../support/knowledge.ts';

const { payers, studies } = checker().knowledge;
const load = (settings: unknown) => loadCrdConfig(crdFile(settings), payers, studies);
const line = (more: object = {}) => ({ need: 'auth-needed', reason: 'a list', ...more });

it('the settings of payer mode are read', () => {
  expect(load(crdSettings()).payers).toHaveLength(1);
});

it.each([
  ['an unknown payer', { payer: 'kaiser' }, /payers\.0\.payer: there is no payer "kaiser"/],
  [
    'an unknown study',
    { 'prior-authorization': [line({ studies: ['7214'] })] },
    /crd\.yaml:\d+:\d+ payers\.0\.prior-authorization\.0\.studies: 7214 is no study/,
  ],
  [
    'a period that ends before it begins',
    { 'prior-authorization': [line({ from: '2026-06-01', until: '2026-01-01' })] },
    /prior-authorization\.0\.until: expected a day after 2026-06-01/,
  ],
  [
    'a line behind one that holds for all',
    {
      benefits: [
        { covered: 'covered', reason: 'a' },
        { covered: 'not-covered', plans: ['BASIC'], reason: 'b' },
      ],
    },
    /benefits\.1: is never reached/,
  ],
  [
    'an identifier that stands there twice',
    { identifiers: [PAYER, PAYER] },
    /identifiers\.1: 95540 stands there twice/,
  ],
])('are refused: %s', (_, changes, message) => {
  expect(() => load(crdSettings(changes))).toThrow(message);
});
