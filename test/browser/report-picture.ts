import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { makeExport } from '../../bench/make-export.ts';
import { openWindow } from '../support/browser.ts';
import { ROOT } from '../support/knowledge.ts';

/** Opens the report of a batch over made-up charts, as docs/batch.md shows it. @param keep takes the picture */
export async function pictureReport(
  browser: Browser,
  keep: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  const run = (...args: readonly string[]): unknown =>
    execFileSync(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...args], { cwd: folder, stdio: 'ignore' });
  makeExport(join(folder, 'export'), { charts: 2000, extra: 12, orderEvery: 4 });
  writeFileSync(join(folder, 'export/broken.ndjson'), '{"resourceType":"Condition","id":\n');
  run('batch', 'export', '--out', 'orders.ndjson');
  run('report', 'orders.ndjson', '--html', 'report.html');
  const window = await openWindow(browser, { viewport: { width: 1200, height: 1000 }, colorScheme: 'light' });
  await window.page.goto(`file://${join(folder, 'report.html')}`);
  await keep(window.page, 'batch-report');
  await window.close();
  rmSync(folder, { recursive: true });
}
