import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Json, object, text } from '../chart/json.ts';
import { SECTIONS } from '../chart/sections.ts';
import { linesIn } from './line-blocks.ts';
import { jsonIn } from './line-json.ts';
import { LONGEST_LINE, readNdjson } from './read-ndjson.ts';
import { ownerOf } from './resource-owner.ts';

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
const PATIENT = /Patient\/([\w\-.]{1,128})["/]/g;
const FLUSH_BYTES = 1 << 16;
/** What one worker holds of all partitions together. */
const MOST_WAITING = 8 << 20;

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
  #waitingBytes = 0;

  constructor(folder: string, part: number) {
    this.#folder = folder;
    this.#part = part;
  }

  put(partition: number | 'shared', line: string): void {
    let waiting = this.#waiting.get(partition);
    if (waiting === undefined) {
      waiting = { chunks: [], bytes: 0 };
      this.#waiting.set(partition, waiting);
    }
    // as bytes: a slice of a text would keep all of the text
    const chunk = Buffer.from(`${line}\n`);
    waiting.chunks.push(chunk);
    waiting.bytes += chunk.length;
    this.#waitingBytes += chunk.length;
    if (waiting.bytes >= FLUSH_BYTES) this.#flush(partition, waiting);
    else if (this.#waitingBytes >= MOST_WAITING) this.flush();
  }

  flush(): void {
    for (const [partition, waiting] of this.#waiting) this.#flush(partition, waiting);
  }

  #flush(partition: number | 'shared', waiting: { chunks: Buffer[]; bytes: number }): void {
    if (waiting.chunks.length === 0) return;
    appendFileSync(join(this.#folder, partName(partition, this.#part)), Buffer.concat(waiting.chunks), { mode: 0o600 });
    this.#waitingBytes -= waiting.bytes;
    waiting.chunks = [];
    waiting.bytes = 0;
  }
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

/** Where a line belongs: to a patient, `shared`, nowhere, or it cannot be used; `broken`: it may be anybody's. */
type Place =
  | { readonly patient: string; readonly isPatient: boolean }
  | 'shared'
  | 'skip'
  | { readonly bad: string; readonly broken: boolean };

const NO_OBJECT: Place = { bad: 'not a JSON object', broken: true };
const TOO_LONG = `longer than ${LONGEST_LINE >> 20} MB`;
const NO_JSON: Place = { bad: 'not valid JSON', broken: true };

/** @param begins the type with which the line begins, if it does */
function placeOf(line: string, begins: string | undefined): Place {
  if (begins !== undefined && !READ.has(begins)) return 'skip';
  const value = jsonIn(line);
  const resource = object(value?.json);
  if (resource === undefined) return value === undefined && line.trimEnd().endsWith('}') ? NO_JSON : NO_OBJECT;
  const type = text(resource['resourceType']);
  if (type === undefined) return { bad: 'not a FHIR resource', broken: false };
  if (SHARED.has(type)) return 'shared';
  if (!READ.has(type)) return 'skip';
  const patient = ownerOf(resource);
  return patient === undefined
    ? { bad: `${type} without a patient`, broken: false }
    : { patient, isPatient: type === 'Patient' };
}

export interface PartitionTask {
  readonly file: string;
  readonly partitions: number;
  readonly folder: string;
  /** number of this worker */
  readonly part: number;
  /** patients whose charts are gathered; undefined: all */
  readonly wanted: ReadonlySet<string> | undefined;
}

/** What was read of a file. */
export interface PartitionedFile {
  readonly lines: number;
  /** lines that could not be used, told or not */
  readonly bad: number;
}

/** Bad lines of a file that are told one by one; the others are counted, however many millions they are. */
const MOST_TOLD = 100;

/**
 * Sorts the lines of one file into partitions by patient: those of the patients who are wanted, and every Patient. A bad line goes to
 * the patients whom it names: their charts are not whole. One that is broken and names nobody may be anybody's.
 * A file that breaks off, in its compression or within its last line, is one bad line.
 * @param onBad told of the first bad lines
 */
export async function partitionFile(
  task: PartitionTask,
  onRead: (bytes: number) => void,
  onBad: (bad: BadLine) => void,
): Promise<PartitionedFile> {
  const writer = new PartWriter(task.folder, task.part);
  let lastLine = 0;
  let bad = 0;
  const tell = (line: number, what: string): void => {
    if (bad++ < MOST_TOLD) onBad({ file: task.file, line, what });
  };
  const nobodys = new Set<string>();
  /** It is said once of a type: how many such lines there are says nothing more. */
  const shareNobodys = (type: string): void => {
    if (!nobodys.has(type)) share({ [NOBODYS]: type });
    nobodys.add(type);
  };
  const types = new Set<string>();
  const share = (said: Json): void => writer.put('shared', JSON.stringify(said));
  const put = (patients: readonly string[], line: string): void => {
    const partitions = new Set(patients.map((p) => partitionOf(p, task.partitions)));
    for (const partition of partitions) writer.put(partition, line);
  };
  const breaksOff = (line: number, what: string): void => {
    tell(line, what);
    const known = [...types, ...typesInName(task.file)];
    share({ [LOST]: known.length === 0 ? [ANY_TYPE] : known });
  };
  /** A line that cannot be used: the charts of the patients whom it names are not whole; does it name none, it may be anybody's. */
  const broken = (line: string, begins: string | undefined, what: string): void => {
    tell(lastLine, what);
    const named = patientsIn(line);
    if (named.length > 0) put(named, line);
    else shareNobodys(begins ?? typesInName(task.file)[0] ?? ANY_TYPE);
  };
  const isWanted = (patient: string): boolean => task.wanted?.has(patient) ?? true;
  const sort = (line: string, unended: boolean): void => {
    const begins = typeIn(line);
    if (begins !== undefined) types.add(begins);
    if (unended && jsonIn(line) === undefined) {
      breaksOff(lastLine, 'the file breaks off');
      put(patientsIn(line), line);
      return;
    }
    const place = placeOf(line, begins);
    if (place === 'skip') return;
    if (place === 'shared') writer.put('shared', line);
    else if ('patient' in place) {
      if (place.isPatient || isWanted(place.patient)) put([place.patient], line);
    } else if (place.broken) broken(line, begins, place.bad);
    else tell(lastLine, place.bad);
  };
  const onBlock = (block: Buffer, unended: boolean): void => {
    for (const line of linesIn(block)) {
      lastLine++;
      if (/\S/.test(line)) sort(line, unended);
    }
  };
  const onLong = (start: Buffer): void => {
    lastLine++;
    const line = start.toString();
    const begins = typeIn(line);
    if (begins !== undefined) types.add(begins);
    if (begins === undefined || READ.has(begins)) broken(line, begins, TOO_LONG);
  };
  try {
    await readNdjson(task.file, { onBlock, onLong, onRead });
  } catch (error) {
    breaksOff(lastLine + 1, error instanceof RangeError ? error.message : 'the file breaks off');
  }
  writer.flush();
  return { lines: lastLine, bad };
}
