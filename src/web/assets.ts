import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RequestHandler, Router } from 'express';
import { derivedOnce } from '../derived-texts.ts';
import { dataHeaders } from './data-headers.ts';

/** Where the assets are served. */
export const ASSETS_PATH = '/assets';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;

interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The browser's form of a client module: types stripped, imports of siblings and of preact by their served names. */
function browserModule(file: string): string {
  const text = readFileSync(file, 'utf8');
  return String(derivedOnce('script', text, () => withoutWarning(() => stripTypeScriptTypes(text))))
    .replace(/(from\s+['"]\.\/[\w-]+)\.ts(['"])/g, '$1.js$2')
    .replace(/(from\s+['"])htm\/preact(['"])/g, '$1./preact.js$2');
}

/** Node calls the stripping experimental at its first use; that is no news for who starts the service. */
function withoutWarning<T>(run: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emit;
  }
}

function load(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const design = join(import.meta.dirname, 'design');
  for (const name of readdirSync(design).filter((f) => f.endsWith('.css')))
    assets.set(name, { type: TYPES.css, body: readFileSync(join(design, name), 'utf8') });
  const client = join(import.meta.dirname, 'client');
  for (const name of readdirSync(client).filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts')))
    assets.set(name.replace(/ts$/, 'js'), { type: TYPES.js, body: browserModule(join(client, name)) });
  const preact = fileURLToPath(import.meta.resolve('htm/preact/standalone'));
  assets.set('preact.js', { type: TYPES.js, body: readFileSync(preact, 'utf8') });
  return assets;
}

/** Style and scripts of the pages, read once. Their addresses hold a hash of all of them, so that browsers may keep them for ever. */
class Assets {
  readonly #assets = load();
  readonly #build = hash('sha256', JSON.stringify([...this.#assets])).slice(0, 12);

  /** The address of an asset. @throws RangeError when there is none of this name */
  href(name: string): string {
    if (!this.#assets.has(name)) throw new RangeError(`there is no asset "${name}"`);
    return `${ASSETS_PATH}/${this.#build}/${name}`;
  }

  readonly serve: RequestHandler<{ build: string; name: string }> = (req, res, next) => {
    const asset = this.#assets.get(req.params.name);
    if (asset === undefined) return next();
    const current = req.params.build === this.#build;
    res.set('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache');
    res.set('Content-Type', asset.type).send(asset.body);
  };
}

let loaded: Assets | undefined;

const assets = (): Assets => {
  loaded ??= new Assets();
  return loaded;
};

/** The address of a style sheet of `design/` or of a script of `client/`, e.g. "design.css", "worksheet.js". */
export const assetHref = (name: string): string => assets().href(name);

/** Serves the assets, to be mounted at `ASSETS_PATH`. */
export function assetRoutes(): Router {
  const router = Router();
  router.use(dataHeaders());
  router.get('/:build/:name', assets().serve);
  return router;
}
