import { type Day, parseDate } from '../dates/day.ts';
import { nearText } from '../yaml/nearest-names.ts';
import { InvalidFileError, type LoadedFile, parseYaml } from '../yaml/yaml-file.ts';
import type {
  CompiledExclusion,
  CompiledPath,
  CompiledPolicy,
  Expr,
  Meta,
  Operation,
  Requirement,
  StudyRef,
} from './compiled-policy.ts';
import { ExprTable } from './expr-table.ts';
import { type FactCatalog, REGIONS, type Region } from './fact-source.ts';
import { LeafTable, type Scope, type YamlPath } from './leaf-table.ts';
import {
  type NodeInput,
  type PathInput,
  type PlaceInput,
  PolicyFile,
  type PolicyInput,
  type SectionInput,
  type StudyInput,
} from './schema.ts';
import { spreadOf } from './spread.ts';
import type { Contrast, Modality, StudyCatalog } from './studies.ts';

interface RequiredInput {
  readonly input: NodeInput;
  readonly at: YamlPath;
  readonly section: Requirement['section'];
}

interface Inherited {
  readonly entry?: { readonly input: NodeInput; readonly at: YamlPath };
  readonly about?: { readonly input: NodeInput; readonly at: YamlPath; readonly label: string };
  readonly requires: readonly RequiredInput[];
  readonly studies: { readonly input: readonly StudyInput[]; readonly at: YamlPath } | undefined;
  readonly regions: readonly (Region | 'any')[];
  readonly onlyOrdered: boolean;
  readonly screen: boolean;
  readonly ownStudiesOnly: boolean;
  readonly redFlag: boolean;
  readonly closedBy: readonly { readonly input: NodeInput; readonly at: YamlPath }[];
  readonly inForce: readonly { readonly from?: Day; readonly until?: Day }[];
  readonly cite: string;
  /** the labels of the passages above, and of this one */
  readonly within: readonly string[];
}

/** A passage by its id, with what it takes over from its sections. */
interface Placed extends Pick<Inherited, 'regions' | 'closedBy'> {
  readonly place: PlaceInput;
  readonly at: YamlPath;
}

/** What closes a passage: its own documented negatives beside those of its sections. */
const closing = (place: PlaceInput, at: YamlPath, above: Inherited['closedBy']): Inherited['closedBy'] => [
  ...above,
  ...(place['closed-by'] ?? []).map((input, i) => ({ input, at: [...at, 'closed-by', i] })),
];

const isSection = (place: PlaceInput): place is SectionInput => 'paths' in place;
const day = (text: string): Day => {
  const parsed = parseDate(text);
  if (parsed === undefined) throw new RangeError(`not a date: ${text}`);
  return parsed.lo;
};
const period = (node: { from?: string | undefined; until?: string | undefined }): { from?: Day; until?: Day } => ({
  ...(node.from !== undefined && { from: day(node.from) }),
  ...(node.until !== undefined && { until: day(node.until) }),
});

/** The id of a path in one region of several, e.g. "SP-11/x-ray-new@thoracic". */
const regionalId = (id: string, region: Region | 'any', several: boolean): string => (several ? `${id}@${region}` : id);

/** Where the criteria behind wrappers with one operand stand in the file. */
const coreOf = (expr: Expr): string => {
  const [only, second] = expr.op === 'not' ? [] : expr.operands;
  return only === undefined || second !== undefined ? expr.where : coreOf(only);
};

class Compiler {
  readonly #file: LoadedFile<PolicyInput>;
  readonly #studies: StudyCatalog;
  readonly #leaves: LeafTable;
  readonly #exprs = new ExprTable();
  readonly #places = new Map<string, Placed>();
  readonly #problems: string[] = [];

  constructor(file: LoadedFile<PolicyInput>, catalog: FactCatalog, studies: StudyCatalog) {
    this.#file = file;
    this.#studies = studies;
    this.#leaves = new LeafTable(catalog, (at, message) => this.#problem(at, message));
  }

  compile(): CompiledPolicy {
    const input = this.#file.data;
    this.#index(input.indications, ['indications'], {
      regions: this.#regionsOf({ region: input.region }, ['any']),
      closedBy: [],
    });
    for (const code of input.governs) {
      if (this.#studies.get(code) === undefined) this.#problem(['governs'], `${code} is not in policies/studies.yaml`);
    }
    const top: Inherited = {
      requires: [],
      studies: undefined,
      regions: this.#regionsOf({ region: input.region }, ['any']),
      onlyOrdered: input.region === 'order',
      screen: false,
      ownStudiesOnly: false,
      redFlag: false,
      closedBy: [],
      inForce: [],
      cite: '',
      within: [],
    };
    const paths = input.indications.flatMap((place, i) => this.#place(place, ['indications', i], top));
    const exclusions = input.exclusions.flatMap((e, i) => {
      const at: YamlPath = ['exclusions', i];
      const regions = e.region === undefined ? top.regions : this.#regionsOf(e, top.regions);
      return regions.map((region): CompiledExclusion => {
        const scope: Scope = { region, strict: false, params: {}, stack: [] };
        return {
          id: regionalId(e.id, region, regions.length > 1),
          label: e.label,
          cite: e.cite,
          ...(e.note !== undefined && { note: e.note }),
          region,
          onlyOrdered: e.region === 'order' || (e.region === undefined && top.onlyOrdered),
          ...(e.studies !== undefined && {
            studies: e.studies.flatMap((s) => this.#studyCodes(s, region, [...at, 'studies'])),
          }),
          ifUnknown: e['if-unknown'],
          criteria:
            e.criteria === undefined
              ? this.#exprs.put({ op: 'all', children: [], where: this.#file.locate(at) })
              : this.#node(e.criteria, [...at, 'criteria'], scope),
          ...(e.unless !== undefined && { unless: this.#node(e.unless, [...at, 'unless'], scope) }),
          ...period(e),
        };
      });
    });
    const governsWhen = input['governs-when'].map((rule, i) => {
      for (const code of rule.studies)
        if (!input.governs.includes(code)) this.#problem(['governs-when', i, 'studies'], `${code} is not governed`);
      const scope: Scope = { region: 'any', strict: false, params: {}, stack: [] };
      return { studies: rule.studies, criteria: this.#node(rule.criteria, ['governs-when', i, 'criteria'], scope) };
    });
    if (this.#problems.length > 0) throw new InvalidFileError([...new Set(this.#problems)]);
    return {
      id: input.policy,
      input,
      file: this.#file.file,
      text: this.#file.text,
      effective: day(input.effective),
      ...(input.until !== undefined && { until: day(input.until) }),
      reviewBy: day(input['review-by']),
      governs: new Set(input.governs),
      governsWhen,
      atoms: this.#leaves.all,
      nodes: this.#exprs.all,
      spread: spreadOf(paths, this.#leaves.all.length),
      followUp: this.#leaves.followUp(),
      paths,
      exclusions,
    };
  }

  #problem(at: YamlPath, message: string): void {
    this.#problems.push(`${this.#file.locate(at)} ${at.join('.')}: ${message}`);
  }

  /** Remembers every passage by id, so that `use` can refer to it. */
  #index(places: readonly PlaceInput[], at: YamlPath, above: Pick<Inherited, 'regions' | 'closedBy'>): void {
    for (const [i, place] of places.entries()) {
      const here = [...at, i];
      if (this.#places.has(place.id)) this.#problem([...here, 'id'], `the id "${place.id}" is used twice`);
      const inherited = {
        regions: this.#regionsOf(place, above.regions),
        closedBy: closing(place, here, above.closedBy),
      };
      this.#places.set(place.id, { place, at: here, ...inherited });
      if (isSection(place)) this.#index(place.paths, [...here, 'paths'], inherited);
    }
  }

  #regionsOf(
    place: { region?: Region | 'order' | undefined; regions?: Region[] | undefined },
    inherited: readonly (Region | 'any')[],
  ): readonly (Region | 'any')[] {
    if (place.regions !== undefined) return place.regions;
    if (place.region === undefined) return inherited;
    return place.region === 'order' ? REGIONS : [place.region];
  }

  #place(place: PlaceInput, at: YamlPath, above: Inherited): readonly CompiledPath[] {
    const here: Inherited = {
      ...((place.entry ?? above.entry) !== undefined && {
        entry:
          place.entry === undefined
            ? (above.entry as NonNullable<Inherited['entry']>)
            : { input: place.entry, at: [...at, 'entry'] },
      }),
      ...((place.about ?? above.about) !== undefined && {
        about:
          place.about === undefined
            ? (above.about as NonNullable<Inherited['about']>)
            : { input: place.about, at: [...at, 'about'], label: place.label },
      }),
      requires: [
        ...above.requires,
        ...(place.require ?? []).map((input, i) => ({
          input,
          at: [...at, 'require', i],
          section: { id: place.id, label: place.label, cite: place.cite ?? above.cite },
        })),
      ],
      studies: place.studies === undefined ? above.studies : { input: place.studies, at: [...at, 'studies'] },
      regions: this.#regionsOf(place, above.regions),
      onlyOrdered:
        place['own-region-only'] ??
        (place.region === undefined && place.regions === undefined ? above.onlyOrdered : place.region === 'order'),
      screen: place.screen ?? above.screen,
      ownStudiesOnly: place['own-studies-only'] ?? above.ownStudiesOnly,
      redFlag: place['red-flag'] ?? above.redFlag,
      closedBy: closing(place, at, above.closedBy),
      inForce:
        place.from === undefined && place.until === undefined ? above.inForce : [...above.inForce, period(place)],
      cite: place.cite ?? above.cite,
      within: [...above.within, place.label],
    };
    if (isSection(place)) return place.paths.flatMap((child, i) => this.#place(child, [...at, 'paths', i], here));
    return here.regions.map((region) => this.#path(place, at, here, region));
  }

  #path(place: PathInput, at: YamlPath, here: Inherited, region: Region | 'any'): CompiledPath {
    const scope: Scope = { region, strict: false, params: {}, stack: [place.id] };
    const requires = here.requires.map((r) => ({
      criteria: this.#node(r.input, r.at, scope),
      section: r.section,
    }));
    const own = place.criteria === undefined ? undefined : this.#node(place.criteria, [...at, 'criteria'], scope);
    const where = this.#file.locate(at);
    const parts = requires.map((r) => r.criteria);
    const criteria = this.#exprs.put({ op: 'all', children: own === undefined ? parts : [...parts, own], where });
    const entry = here.entry === undefined ? undefined : this.#node(here.entry.input, here.entry.at, scope);
    const strictEntry = here.entry === undefined ? undefined : this.#strictEntry(here.entry, here, scope);
    const withEntry = (e: Expr | undefined): Expr =>
      e === undefined ? criteria : this.#exprs.put({ op: 'all', children: [e, criteria], where });
    const studies = (here.studies?.input ?? []).flatMap((s, i) =>
      this.#study(s, [...(here.studies?.at ?? at), i], scope),
    );
    return {
      id: regionalId(place.id, region, here.regions.length > 1),
      label: place.label,
      within: here.within,
      cite: here.cite === '' ? place.id : here.cite,
      note: place.note,
      region,
      onlyOrdered: here.onlyOrdered,
      studies,
      studyRegions: [...new Set(studies.flatMap(({ code }) => this.#studies.get(code)?.regions ?? []))],
      screen: here.screen,
      ownStudiesOnly: here.ownStudiesOnly,
      redFlag: here.redFlag,
      entry,
      strictEntry,
      requires,
      about: here.about === undefined ? undefined : this.#node(here.about.input, here.about.at, scope),
      topic: here.about?.label,
      own,
      criteria,
      whole: withEntry(entry),
      strictWhole: withEntry(strictEntry ?? entry),
      core: coreOf(own ?? criteria),
      closedBy: here.closedBy.map((c) => this.#node(c.input, c.at, scope)),
      inForce: here.inForce,
    };
  }

  /** For orders of another region evidence of the entry has to name the region; policies about one region have no other. */
  #strictEntry(entry: NonNullable<Inherited['entry']>, here: Inherited, scope: Scope): Expr | undefined {
    const { region } = this.#file.data;
    if (here.onlyOrdered || (region !== undefined && region !== 'order')) return undefined;
    return this.#node(entry.input, entry.at, { ...scope, strict: scope.region !== 'any' });
  }

  #study(input: StudyInput, at: YamlPath, scope: Scope): readonly StudyRef[] {
    if (typeof input === 'string') return this.#studyCodes(input, scope.region, at).map((code) => ({ code }));
    const when = this.#node(input.when, [...at, 'when'], scope);
    return this.#studyCodes(input.study, scope.region, at).map((code) => ({ code, when }));
  }

  /** The codes of "72148" or of "mri without" in a region (in every region of the spine when the path has none). */
  #studyCodes(name: string, region: Region | 'any', at: YamlPath): readonly string[] {
    const [modality, contrast] = name.split(' ') as [string, string | undefined];
    if (contrast === undefined) {
      if (this.#studies.get(modality) === undefined) this.#problem(at, `${modality} is not in policies/studies.yaml`);
      return [modality];
    }
    const regions = region === 'any' ? (['cervical', 'thoracic', 'lumbar'] as const) : [region];
    return regions.flatMap((r) => this.#studies.find(modality as Modality, r, contrast as Contrast)?.code ?? []);
  }

  #node(input: NodeInput, at: YamlPath, scope: Scope): Expr {
    if (typeof input === 'string') {
      const atom = this.#leaves.fact({ fact: input }, at, scope, 'fact');
      return this.#exprs.put({ op: 'atom', atom, where: this.#file.locate(at) });
    }
    const meta: Meta = {
      ...(input.id !== undefined && { id: input.id }),
      ...(input.label !== undefined && { label: input.label }),
      ...(input.cite !== undefined && { cite: input.cite }),
      ...(input.note !== undefined && { note: input.note }),
      ...period(input),
      where: this.#file.locate(at),
    };
    return this.#exprs.put({ ...meta, ...this.#operation(input, at, scope) });
  }

  #operation(input: Exclude<NodeInput, string>, at: YamlPath, scope: Scope): Operation & { label?: string } {
    const children = (nodes: readonly NodeInput[], key: string): Expr[] =>
      nodes.map((n, i) => this.#node(n, [...at, key, i], scope));
    const leaf = (atom: number): Operation => ({ op: 'atom', atom });
    if ('all' in input) return { op: 'all', children: children(input.all, 'all') };
    if ('any' in input) return { op: 'any', children: children(input.any, 'any') };
    if ('at-least' in input) return this.#atLeast(input['at-least'], children(input.of, 'of'), at);
    if ('not' in input) return { op: 'not', child: this.#node(input.not, [...at, 'not'], scope) };
    if ('fact' in input) return leaf(this.#leaves.fact(input, at, scope, 'fact'));
    if ('absent' in input) return leaf(this.#leaves.fact({ ...input, fact: input.absent }, at, scope, 'absent'));
    if ('age' in input)
      return leaf(this.#leaves.put({ kind: 'age', comparison: this.#leaves.comparison(input.age, at, scope) }));
    if ('episode' in input) {
      const comparison = this.#leaves.comparison(input.episode, at, scope);
      return leaf(this.#leaves.put({ kind: 'episode', comparison, region: scope.region }));
    }
    if ('review' in input) return { op: 'review', what: input.review };
    if ('any-indication' in input)
      return { op: 'any-indication', except: input['any-indication'].except, region: scope.region };
    if ('schedule' in input) return leaf(this.#leaves.schedule(input.schedule, at, scope));
    return this.#use(input, at, scope);
  }

  #atLeast(n: number, children: readonly Expr[], at: YamlPath): Operation {
    if (n > children.length) this.#problem(at, `at-least ${n} of ${children.length} can never hold`);
    return { op: 'at-least', n, children };
  }

  /** A definition with its parameters, or the criteria of a passage (of any passage below, for a section). */
  #use(
    input: { use: string; with?: Record<string, string> | undefined; label?: string | undefined },
    at: YamlPath,
    scope: Scope,
  ): Operation & { label?: string } {
    const name = input.use;
    if (scope.stack.includes(name)) {
      this.#problem(at, `"${name}" refers to itself: ${[...scope.stack, name].join(' > ')}`);
      return { op: 'review', what: name };
    }
    const params = Object.fromEntries(
      Object.entries(input.with ?? {}).map(([k, v]) => [k, this.#leaves.param(v, at, scope)]),
    );
    const inner: Scope = { ...scope, params, stack: [...scope.stack, name] };
    const definition = this.#file.data.define[name];
    if (definition !== undefined) {
      for (const p of definition.params)
        if (params[p] === undefined) this.#problem(at, `"${name}" needs the parameter ${p}`);
      const body = this.#node(definition.criteria, ['define', name, 'criteria'], inner);
      const label = input.label ?? definition.label;
      return { op: 'all', children: [body], ...(label !== undefined && { label }) };
    }
    const passage = this.#places.get(name);
    if (passage === undefined) {
      this.#problem(
        at,
        `there is no definition or passage "${name}"${nearText(name, [...Object.keys(this.#file.data.define), ...this.#places.keys()])}`,
      );
      return { op: 'review', what: name };
    }
    const children = this.#criteriaOf(passage, inner);
    return { op: 'any', children, label: input.label ?? passage.place.label };
  }

  /** The criteria of a passage with what closes it; passages about other regions than the one asked about are left out. */
  #criteriaOf({ place, at, regions, closedBy }: Placed, scope: Scope): readonly Expr[] {
    if (isSection(place)) {
      return place.paths.flatMap((child) => {
        const placed = this.#places.get(child.id);
        return placed === undefined ? [] : this.#criteriaOf(placed, scope);
      });
    }
    if (scope.region !== 'any' && !regions.includes('any') && !regions.includes(scope.region)) return [];
    const where = this.#file.locate(at);
    const children = place.criteria === undefined ? [] : [this.#node(place.criteria, [...at, 'criteria'], scope)];
    const meta: Meta = { id: place.id, label: place.label, ...period(place), where };
    if (closedBy.length === 0) return [this.#exprs.put({ ...meta, op: 'all', children })];
    const child = this.#exprs.put({ op: 'all', label: place.label, where, children });
    const closing = closedBy.map((c) => this.#node(c.input, c.at, scope));
    return [this.#exprs.put({ ...meta, op: 'closable', child, closedBy: closing })];
  }
}

/**
 * Compiles a loaded policy file.
 * @throws InvalidFileError naming file, line and column of each unknown fact, study, definition or parameter and of cycles
 */
export const compilePolicy = (
  file: LoadedFile<PolicyInput>,
  catalog: FactCatalog,
  studies: StudyCatalog,
): CompiledPolicy => new Compiler(file, catalog, studies).compile();

/**
 * Parses, validates and compiles the text of a policy.
 * @throws InvalidFileError
 */
export const compilePolicyText = (
  name: string,
  text: string,
  catalog: FactCatalog,
  studies: StudyCatalog,
): CompiledPolicy => compilePolicy(parseYaml(name, text, PolicyFile), catalog, studies);
