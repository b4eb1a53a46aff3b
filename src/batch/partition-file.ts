import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Json, object, text } from '../chart/json.ts';
import { FHIR_ID, parseReference } from '../chart/references.ts';
import { SECTIONS } from '../chart/sections.ts';
import { ndjsonLines } from './ndjson-lines.ts';

/** About nobody in particular: kept apart, for all patients. */
const SHARED = new Set(['Practitioner', 'PractitionerRole', 'Organization', 'Medication']);
const READ = new Set<string>([...SECTIONS, 'Patient', 'Coverage', ...SHARED]);
/** A line of the parts that says of which types a file has lost lines: how many, nobody knows. */
const LOST = 'x-lost-lines';
/** A line of the parts that says of which type a single line was lost that names nobody. */
const NOBODYS = 'x-line-that-names-nobody';
/** A line whose type is not known. */
export const ANY_TYPE = '*';
const OPENING = /^\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,60})"/;
const PATIENT = /Patient\/([A-Za-z0-9\-.]{1,64})["/]/g;
const FLUSH_BYTES = 1 << 16;
const TAB = Buffer.from('\t');
const NEWLINE = Buffer.from('\n');

/** A line that could not be used. */
export interface BadLine {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** The name of one part of a partition; `shared` holds what belongs to no patient. */
const partName = (partition: number | 'shared', part: number): string => `${partition}.${part}.ndjson`;

/** The partition of a patient. */
function partitionOf(patient: string, partitions: number): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < patient.length; i++) hash = Math.imul(hash ^ patient.charCodeAt(i), 16_777_619);
  return (hash >>> 0) % partitions;
}

/** Appends lines to the parts of partitions, many at a time. */
class PartWriter {
  readonly #folder: string;
  readonly #part: number;
  readonly #waiting = new Map<number | 'shared', { chunks: Buffer[]; bytes: number }>();

  constructor(folder: string, part: number) {
    this.#folder = folder;
    this.#part = part;
  }

  put(partition: number | 'shared', origin: Buffer, line: Buffer): void {
    let waiting = this.#waiting.get(partition);
    if (waiting === undefined) {
      waiting = { chunks: [], bytes: 0 };
      this.#waiting.set(partition, waiting);
    }
    waiting.chunks.push(origin, TAB, Buffer.from(line), NEWLINE);
    waiting.bytes += line.length;
    if (waiting.bytes >= FLUSH_BYTES) this.#flush(partition, waiting);
  }

  flush(): void {
    for (const [partition, waiting] of this.#waiting) this.#flush(partition, waiting);
  }

  #flush(partition: number | 'shared', waiting: { chunks: Buffer[]; bytes: number }): void {
    if (waiting.chunks.length === 0) return;
    appendFileSync(join(this.#folder, partName(partition, this.#part)), Buffer.concat(waiting.chunks), { mode: 0o600 });
    waiting.chunks = [];
    waiting.bytes = 0;
  }
}

/** The patients that a resource names as its own. */
function subjectsOf(resource: Json): readonly string[] {
  if (resource['resourceType'] === 'Patient') return [text(resource['id']) ?? ''].filter((id) => FHIR_ID.test(id));
  const subject = object(resource['subject']) ?? object(resource['patient']) ?? object(resource['beneficiary']);
  const parsed = parseReference(subject?.['reference']);
  return parsed?.type === 'Patient' ? [parsed.id] : [];
}

/** The type of a line that begins as resources do. */
export const typeIn = (line: string): string | undefined => OPENING.exec(line)?.[1];

/** The patients that a text names. */
export const patientsIn = (line: string): readonly string[] => [
  ...new Set([...line.matchAll(PATIENT)].map((m) => m[1] ?? '')),
];

/**
 * What was lost that may be anybody's: `many` lines of these types, as a file breaks off, or `one` line of this type, as it is broken
 * and names nobody. @returns undefined when the line is a resource
 */
export function lostTypes(
  resource: Json,
): { readonly types: readonly string[]; readonly lines: 'one' | 'many' } | undefined {
  const [many, one] = [resource[LOST], resource[NOBODYS]];
  if (Array.isArray(many)) return { types: many.map(String), lines: 'many' };
  return typeof one === 'string' ? { types: [one], lines: 'one' } : undefined;
}

/** Files of an export are named after the type that they hold. */
const typesInName = (file: string): readonly string[] => [...READ].filter((t) => basename(file).startsWith(`${t}.`));

/** Where a line belongs: the patients it names, `shared`, nowhere, or it cannot be used; `broken`: it may be anybody's. */
type Place =
  | { readonly patients: readonly string[] }
  | 'shared'
  | 'skip'
  | { readonly bad: string; readonly broken: boolean };

const NO_OBJECT: Place = { bad: 'not a JSON object', broken: true };
const NO_JSON: Place = { bad: 'not valid JSON', broken: true };

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
};

/** Looks at the text of a line; only lines whose place the text does not tell are parsed. */
function placeOf(line: string): Place {
  const first = line.trimEnd().at(-1);
  const type = typeIn(line);
  if (first !== '}') return NO_OBJECT;
  if (type !== undefined && !READ.has(type)) return 'skip';
  if (type !== undefined && type !== 'Patient' && !SHARED.has(type)) {
    const named = patientsIn(line);
    if (named.length > 0) return { patients: named };
  }
  if (type !== undefined && SHARED.has(type)) return 'shared';
  let resource: Json | undefined;
  try {
    resource = object(JSON.parse(line));
  } catch {
    return NO_JSON;
  }
  const own = text(resource?.['resourceType']);
  if (resource === undefined || own === undefined) return { bad: 'not a FHIR resource', broken: false };
  if (SHARED.has(own)) return 'shared';
  if (!READ.has(own)) return 'skip';
  const patients = subjectsOf(resource);
  return patients.length > 0 ? { patients } : { bad: `${own} without a patient`, broken: false };
}

export interface PartitionTask {
  readonly file: string;
  /** number of the file, for the origin of lines */
  readonly index: number;
  readonly partitions: number;
  readonly folder: string;
  /** number of this worker */
  readonly part: number;
}

/**
 * Sorts the lines of one file into partitions by patient. A line that names several patients goes to each: whose resource it is
 * is decided when it is read. A bad line goes to those that it names too: their charts are not whole. One that is broken and names
 * nobody may be anybody's.
 * @returns lines read; a file that breaks off, in its compression or within its last line, is one bad line
 */
export async function partitionFile(
  task: PartitionTask,
  onRead: (bytes: number) => void,
  onBad: (bad: BadLine) => void,
): Promise<number> {
  const writer = new PartWriter(task.folder, task.part);
  let lines = 0;
  const types = new Set<string>();
  const breaksOff = (line: number, what: string): void => {
    onBad({ file: task.file, line, what });
    const known = [...types, ...typesInName(task.file)];
    const lost = JSON.stringify({ [LOST]: known.length === 0 ? [ANY_TYPE] : known });
    writer.put('shared', Buffer.from(`${task.index}:${line}`), Buffer.from(lost));
  };
  const put = (patients: readonly string[], origin: Buffer, bytes: Buffer): void => {
    for (const partition of new Set(patients.map((p) => partitionOf(p, task.partitions))))
      writer.put(partition, origin, bytes);
  };
  try {
    for await (const { number, bytes, unended } of ndjsonLines(task.file, onRead)) {
      lines = number;
      const line = bytes.toString('latin1');
      const place = placeOf(line);
      const type = typeIn(line);
      if (type !== undefined) types.add(type);
      const origin = Buffer.from(`${task.index}:${number}`);
      if (unended && !isJson(line)) {
        breaksOff(number, 'the file breaks off');
        put(patientsIn(line), origin, bytes);
        continue;
      }
      if (place === 'skip') continue;
      if (place === 'shared') writer.put('shared', origin, bytes);
      else if ('bad' in place) {
        onBad({ file: task.file, line: number, what: place.bad });
        const named = patientsIn(line);
        put(named, origin, bytes);
        if (named.length === 0 && place.broken) {
          const lost = type ?? typesInName(task.file)[0] ?? ANY_TYPE;
          writer.put('shared', origin, Buffer.from(JSON.stringify({ [NOBODYS]: lost })));
        }
      } else put(place.patients, origin, bytes);
    }
  } catch (error) {
    breaksOff(lines + 1, error instanceof RangeError ? error.message : 'the file breaks off');
  }
  writer.flush();
  return lines;
}
