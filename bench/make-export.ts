import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Vignette } from '../src/vignettes/expand.ts';
import { loadVignettes } from '../src/vignettes/run.ts';
import { vignetteToFhir } from '../src/vignettes/to-fhir.ts';
import { everyday, type Resource } from './bodies.ts';

const CANONICAL_BASE = 'https://payer-policy-cds.example.org/fhir';
const FLUSH = 1 << 20;

/** Files that are written a megabyte at a time. */
class ExportFiles {
  readonly #folder: string;
  readonly #open = new Map<string, { readonly handle: number; text: string }>();
  bytes = 0;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  put(type: string, line: string): void {
    let file = this.#open.get(type);
    if (file === undefined) {
      file = { handle: openSync(join(this.#folder, `${type}.ndjson`), 'w'), text: '' };
      this.#open.set(type, file);
    }
    file.text += `${line}\n`;
    this.bytes += line.length + 1;
    if (file.text.length > FLUSH) this.#flush(file);
  }

  close(): void {
    for (const file of this.#open.values()) {
      this.#flush(file);
      closeSync(file.handle);
    }
  }

  #flush(file: { readonly handle: number; text: string }): void {
    writeSync(file.handle, file.text);
    file.text = '';
  }
}

/** The lines of a chart, with a mark in the place of its number. */
interface Template {
  readonly type: string;
  readonly isOrder: boolean;
  readonly line: string;
}
/** so that neighbours are not alike */
const STRIDE = 37;
const MARK = '#number#';

/** A vignette as lines: every id, and every reference to one, ends with the mark. */
function template(vignette: Vignette, extra: number): readonly Template[] {
  const { patient, order, coverage, chart } = vignetteToFhir(vignette, CANONICAL_BASE);
  const more = Array.from({ length: extra }, (_, i) => everyday(i));
  const all: readonly Resource[] = [patient, { ...order, status: 'active' }, coverage, ...chart, ...more];
  return all.map((resource) => {
    const line = JSON.stringify({ ...resource, id: resource.id + MARK });
    return {
      type: resource.resourceType,
      isOrder: resource.id === order.id,
      line: line.replaceAll(/"(Patient|Coverage|Encounter|Condition)\/([\w.-]+)"/g, `"$1/$2${MARK}"`),
    };
  });
}

/** What a made-up export holds. */
export interface ExportSize {
  readonly charts: number;
  /** everyday resources of each chart, beside the story */
  readonly extra: number;
  /** an imaging order in every so-manieth chart */
  readonly orderEvery: number;
}

/** Writes a FHIR bulk export of made-up patients: the golden vignettes over and over. @returns bytes written */
export function makeExport(folder: string, { charts, extra, orderEvery }: ExportSize): number {
  const vignettes = loadVignettes(resolve(import.meta.dirname, '../test/vignettes'))
    .flatMap((f) => f.vignettes)
    .filter((v) => Object.keys(v.incomplete).length === 0);
  const templates = vignettes.map((v): (() => readonly Template[]) => {
    let made: readonly Template[] | undefined;
    return () => {
      made ??= template(v, extra);
      return made;
    };
  });
  const files = new ExportFiles(folder);
  for (let number = 0; number < charts; number++) {
    const lines = templates[(number * STRIDE) % templates.length]?.() ?? [];
    for (const { type, isOrder, line } of lines)
      if (!isOrder || number % orderEvery === 0) files.put(type, line.replaceAll(MARK, `-${number}`));
  }
  files.close();
  return files.bytes;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      charts: { type: 'string', default: '1000' },
      extra: { type: 'string', default: '12' },
      'order-every': { type: 'string', default: '1' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined)
    throw new Error('usage: node bench/make-export.ts FOLDER [--charts N] [--extra N] [--order-every N]');
  const [charts, extra, orderEvery] = [Number(values.charts), Number(values.extra), Number(values['order-every'])];
  const bytes = makeExport(folder, { charts, extra, orderEvery });
  console.log(`${charts} charts, ${(bytes / 1e6).toFixed(1)} MB in ${folder}`);
}
