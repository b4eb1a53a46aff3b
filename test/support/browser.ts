import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ROOT } from './knowledge.ts';

/** Where screenshots and other traces of browser tests are kept; not part of the repository. */
const ARTIFACTS = join(ROOT, 'artifacts');

const LOCK_MS = 60_000;

/** The version of the Chromium package, so that another version unpacks elsewhere. */
function chromiumVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8')) as { version: string };
  return version;
}

/** Runs one process at a time through the unpacking: a half-written browser must not be started. */
async function alone<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + LOCK_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST' || Date.now() > until) throw error;
      await pause(100);
    }
  }
  try {
    return await work();
  } finally {
    rmdirSync(lock);
  }
}

/** Tells the browser where fonts are: those that come with it, and those of the system. Without any it crashes. */
function useFonts(folder: string): void {
  const config = join(folder, 'fontconfig');
  const dirs = [join(folder, 'fonts'), '/usr/share/fonts', '/usr/local/share/fonts'];
  const file = join(config, 'fonts.conf');
  mkdirSync(config, { recursive: true });
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs
      .map((d) => `<dir>${d}</dir>`)
      .join('')}<cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>`,
  );
  process.env['FONTCONFIG_PATH'] = config;
  process.env['FONTCONFIG_FILE'] = file;
}

/** Unpacks Chromium with its libraries, which needs no root. @returns the path of its executable */
async function executable(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache', `chromium-${chromiumVersion()}`);
  mkdirSync(folder, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  // with a Lambda's name it unpacks the libraries too, and sets LD_LIBRARY_PATH to them
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs24.x';
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    return await alone(join(folder, 'unpacking'), async () => {
      const path = await packed.executablePath();
      useFonts(folder);
      return path;
    });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/** Starts a real Chromium. Close it after the tests of a file. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await executable();
  return chromium.launch({ executablePath, args: ['--no-sandbox'], headless: true });
}

/** A window of a browser that notes what a page must not do. */
export interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** requests that left this machine's loopback addresses */
  readonly outside: readonly string[];
  /** errors of scripts, messages of the console and violations of the content security policy */
  readonly errors: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens a window with its own cookies. */
export async function openWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options);
  const outside: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    const here =
      ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) || ['data:', 'blob:'].includes(url.protocol);
    if (!here) outside.push(url.origin);
  });
  context.on('weberror', (error) => errors.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  context.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const page = await context.newPage();
  return { context, page, outside, errors, close: () => context.close() };
}

/**
 * What axe finds on a page, each with the elements concerned.
 * @param rules only these; colours alone can differ between a light and a dark page
 */
export async function axe(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules === undefined ? builder : builder.withRules([...rules])).analyze();
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`);
}

/** The ways in which a page has to be accessible. */
export const VIEWS = [
  { name: 'light', rules: undefined, options: { colorScheme: 'light', viewport: { width: 1200, height: 900 } } },
  { name: 'dark', rules: ['color-contrast'], options: { colorScheme: 'dark', viewport: { width: 1200, height: 900 } } },
  { name: 'narrow', rules: undefined, options: { colorScheme: 'light', viewport: { width: 400, height: 800 } } },
] as const satisfies readonly {
  readonly name: string;
  readonly rules: readonly string[] | undefined;
  readonly options: BrowserContextOptions;
}[];

/** Does the page fit its window, so that nothing has to be scrolled sideways? */
export const fitsWidth = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

/** Keeps a picture of a page. @param name e.g. "library-cigna-narrow" */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true });
}
