import { error, type Finding, warning } from '../yaml/finding.ts';
import type { LoadedFile } from '../yaml/yaml-file.ts';
import { type CodeSetInput, type CodeSetsInput, codeAndLabel, ownIcd10cm } from './code-set.ts';
import { icd10pcsFamilies } from './icd10pcs.ts';
import { KnownCodes } from './known-codes.ts';
import { SYSTEM_NAMES, type System } from './systems.ts';

type Path = readonly (string | number)[];

/** One code of a set with its place in the file. */
interface Placed {
  readonly set: string;
  readonly system: System;
  readonly code: string;
  readonly label: string;
  readonly region: string;
  readonly at: Path;
}

interface PlacedSet {
  readonly id: string;
  readonly set: CodeSetInput;
  readonly file: LoadedFile<CodeSetsInput>;
  readonly codes: readonly Placed[];
}

function codesOf(id: string, set: CodeSetInput): readonly Placed[] {
  return SYSTEM_NAMES.flatMap((system) => {
    const listed = set[system];
    if (listed === undefined) return [];
    const groups = Array.isArray(listed) ? [{ region: 'any', items: listed, at: [] }] : regions(listed);
    return groups.flatMap(({ region, items, at }) =>
      items.map((item, i): Placed => {
        const [code, label] = codeAndLabel(item);
        return { set: id, system, code, label, region, at: ['code-sets', id, system, ...at, i] };
      }),
    );
  });
}

const regions = (
  listed: Readonly<Record<string, string[] | undefined>>,
): readonly { region: string; items: readonly string[]; at: Path }[] =>
  Object.entries(listed).map(([region, items]) => ({ region, items: items ?? [], at: [region] }));

/** Does a code, or a family of ICD-10-CM or ICD-10-PCS, take in another? */
function takesIn(family: Placed, code: Placed): boolean {
  if (family.system !== code.system) return false;
  if (family.system === 'icd10cm') return code.code.startsWith(family.code);
  if (family.system !== 'icd10pcs') return family.code === code.code;
  const families = icd10pcsFamilies(family.code);
  return icd10pcsFamilies(code.code).some((c) => families.some((f) => c.startsWith(f)));
}

/** Looks for codes of a wrong form, codes of ICD-10-CM and ICD-10-PCS that do not exist, doubled codes, codes that an included set lists already, empty sets and sets that contradict each other. */
class CodeSetLint {
  readonly #sets = new Map<string, PlacedSet>();
  readonly #files: readonly LoadedFile<CodeSetsInput>[];
  readonly #known = new KnownCodes();

  constructor(files: readonly LoadedFile<CodeSetsInput>[]) {
    this.#files = files;
    for (const file of files)
      for (const [id, set] of Object.entries(file.data['code-sets']))
        this.#sets.set(id, { id, set, file, codes: codesOf(id, set) });
  }

  findings(): readonly Finding[] {
    return [
      ...this.#files.flatMap((file) =>
        file.data.sources.length === 0
          ? [warning(file.locate([]), 'sources: no source says where the codes of this file were checked')]
          : [],
      ),
      ...[...this.#sets.values()].flatMap((s) => [
        ...this.#forms(s),
        ...this.#doubled(s),
        ...this.#repeated(s),
        ...this.#empty(s),
        ...this.#exceptions(s),
        ...this.#contradictions(s),
      ]),
    ];
  }

  #at({ id, file }: PlacedSet, path: Path, message: string): Finding {
    return error(file.locate(path), `code-sets.${id}: ${message}`);
  }

  #forms(s: PlacedSet): readonly Finding[] {
    const out = s.codes.flatMap(({ system, code, label, region, at }) => {
      const problem = this.#known.problem(system, code, region === 'by-region');
      return [
        ...(problem === undefined ? [] : [this.#at(s, at, problem)]),
        ...(label === '' ? [this.#at(s, at, `${code} has no label`)] : []),
        ...(region === 'by-region' && system !== 'icd10cm'
          ? [this.#at(s, at, 'only families of ICD-10-CM are followed by a region digit')]
          : []),
      ];
    });
    const except = s.set['icd10cm-except'].flatMap((item, i) => {
      const problem = this.#known.problem('icd10cm', codeAndLabel(item)[0]);
      return problem === undefined ? [] : [this.#at(s, ['code-sets', s.id, 'icd10cm-except', i], problem)];
    });
    return [...out, ...except];
  }

  #doubled(s: PlacedSet): readonly Finding[] {
    const seen = new Map<string, Placed>();
    return s.codes.flatMap((c) => {
      const key = `${c.system} ${c.code}`;
      const before = seen.get(key);
      seen.set(key, before ?? c);
      if (before === undefined) return [];
      return [this.#at(s, c.at, `${key} is listed twice${before.region === c.region ? '' : ', under two regions'}`)];
    });
  }

  /** What a set includes need not be listed again, but with a place that the included set does not know. */
  #repeated(s: PlacedSet): readonly Finding[] {
    const included = new Map<string, { readonly set: string; readonly regions: Set<string> }>();
    for (const inc of s.set.include)
      for (const c of this.#whole(inc)) {
        // families that only some seventh characters belong to are not given whole
        if (this.#sets.get(c.set)?.set['icd10cm-seventh'] !== undefined) continue;
        const key = `${c.system} ${c.code}`;
        const known = included.get(key) ?? { set: inc, regions: new Set() };
        included.set(key, known);
        known.regions.add(c.region);
      }
    return s.codes.flatMap((c) => {
      const given = included.get(`${c.system} ${c.code}`);
      if (given === undefined || (c.region !== 'any' && !given.regions.has(c.region))) return [];
      return [this.#at(s, c.at, `${c.system} ${c.code} comes with "${given.set}" already`)];
    });
  }

  #empty(s: PlacedSet): readonly Finding[] {
    if (s.codes.length > 0 || s.set.include.length > 0) return [];
    return [this.#at(s, ['code-sets', s.id], 'a set without codes')];
  }

  /** An exception that no family of the set takes in excepts nothing. */
  #exceptions(s: PlacedSet): readonly Finding[] {
    const families = s.codes.filter((c) => c.system === 'icd10cm');
    const lies = (code: string): boolean => families.some((f) => code.startsWith(f.code));
    const codes = s.set['icd10cm-except'].flatMap((item, i) => {
      const [code] = codeAndLabel(item);
      if (lies(code)) return [];
      return [this.#at(s, ['code-sets', s.id, 'icd10cm-except', i], `${code} lies in no family of this set`)];
    });
    const sets = s.set['icd10cm-except-sets'].flatMap((name, i) => {
      const other = this.#sets.get(name);
      if (other === undefined || ownIcd10cm(other.set).some(lies)) return [];
      const at = ['code-sets', s.id, 'icd10cm-except-sets', i];
      return [this.#at(s, at, `no code of "${name}" lies in a family of this set`)];
    });
    return [...codes, ...sets];
  }

  #contradictions(s: PlacedSet): readonly Finding[] {
    const own = this.#whole(s.id);
    return s.set.opposes.flatMap((other, i) =>
      this.#whole(other).flatMap((theirs) => {
        const clash = own.find((c) => takesIn(c, theirs) || takesIn(theirs, c));
        if (clash === undefined) return [];
        const at = ['code-sets', s.id, 'opposes', i];
        return [this.#at(s, at, `${clash.system} ${clash.code} belongs to "${other}" too, which says the opposite`)];
      }),
    );
  }

  /** The codes of a set and of the sets that it includes. */
  #whole(id: string, seen: Set<string> = new Set()): readonly Placed[] {
    const s = this.#sets.get(id);
    if (s === undefined || seen.has(id)) return [];
    seen.add(id);
    return [...s.codes, ...s.set.include.flatMap((inc) => this.#whole(inc, seen))];
  }
}

/** Findings in the files of a folder of code sets that load. */
export const lintCodeSets = (files: readonly LoadedFile<CodeSetsInput>[]): readonly Finding[] =>
  new CodeSetLint(files).findings();
