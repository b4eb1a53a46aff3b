import * as z from 'zod';
import { REGIONS, type Region } from './fact-source.ts';

const CODE = z.string({ error: 'quote codes: "72148"' }).regex(/^[0-9A-Z]{5}$/);

export const MODALITIES = [
  'mri',
  'ct',
  'mra',
  'mrs',
  'xray',
  'nuclear',
  'pet',
  'ultrasound',
  'qmr',
  'myelography',
  'fluoroscopy',
  'densitometry',
] as const;
export type Modality = (typeof MODALITIES)[number];
export const CONTRASTS = ['without', 'with', 'without-and-with', 'none'] as const;
export type Contrast = (typeof CONTRASTS)[number];
/** Where on the body a study looks; "brain" and "other" are no spine regions. */
export const STUDY_REGIONS = [...REGIONS, 'brain', 'other'] as const;
export type StudyRegion = (typeof STUDY_REGIONS)[number];

const Study = z
  .strictObject({
    code: CODE,
    label: z.string().min(1).meta({ description: 'our own short label, never the AMA descriptor' }),
    modality: z.enum(MODALITIES),
    regions: z
      .array(z.enum(STUDY_REGIONS))
      .meta({ description: 'empty = the region is left open, where the study is only evidence' }),
    'in-view': z
      .array(z.enum(REGIONS))
      .default([])
      .meta({ description: 'spine regions that an examination of the trunk or neck takes in' }),
    contrast: z.enum(CONTRASTS),
    orderable: z
      .boolean()
      .default(false)
      .meta({ description: 'an order for it is assessed; otherwise it is only evidence' }),
    loinc: z.array(z.string()).default([]),
    snomed: z.array(z.string()).default([]),
    icd10pcs: z.array(z.string()).default([]),
  })
  .refine((s) => !s.orderable || s.regions.length > 0, {
    error: 'an orderable study names its region',
    path: ['regions'],
  });

const Open = z.strictObject({
  label: z.string().min(1),
  modality: z.enum(MODALITIES),
  regions: z.array(z.enum(STUDY_REGIONS)).default([]).meta({ description: 'empty = the region is left open' }),
  'in-view': z
    .array(z.enum(REGIONS))
    .default([])
    .meta({ description: 'spine regions that an examination of the trunk or neck takes in' }),
  contrast: z.array(z.enum(CONTRASTS)).default([]).meta({ description: 'what is possible; empty = left open' }),
  orderable: z.boolean().default(false),
  loinc: z.array(z.string()).default([]),
  snomed: z.array(z.string()).default([]),
  icd10pcs: z.array(z.string()).default([]),
});

const WORDS = z
  .array(z.string().regex(/^[a-z0-9]+( [a-z0-9]+)*$/, 'expected small letters and digits, single spaces'))
  .min(1);

/** `policies/studies.yaml`: the imaging studies that orders and charts name. */
export const StudiesFile = z.strictObject({
  studies: z.array(Study).min(1),
  'left-open': z.array(Open).default([]).meta({ description: 'codes that leave contrast or region open' }),
  'in-words': z
    .strictObject({
      modalities: z.partialRecord(z.enum(MODALITIES), WORDS),
      regions: z.partialRecord(z.enum(REGIONS), WORDS),
      spine: WORDS.meta({ description: 'words for the spine without a region' }),
      elsewhere: WORDS.default([]).meta({ description: 'words for other parts of the body' }),
      filler: WORDS.default([]).meta({ description: 'words that do not say what was examined' }),
      nameless: WORDS.default([]).meta({ description: 'names of reports that do not say what was examined' }),
    })
    .optional()
    .meta({ description: 'the words by which examinations without a standard code are recognised' }),
  sources: z.array(z.string()).default([]),
});

export type StudiesInput = z.infer<typeof StudiesFile>;

/** An imaging study. */
export interface Study {
  readonly code: string;
  readonly label: string;
  readonly modality: Modality;
  readonly regions: readonly StudyRegion[];
  readonly 'in-view': readonly Region[];
  readonly contrast: Contrast;
  readonly orderable: boolean;
  readonly loinc: readonly string[];
  readonly snomed: readonly string[];
  readonly icd10pcs: readonly string[];
}

/** A code that names a modality but leaves contrast or region open. */
export interface OpenStudy {
  readonly label: string;
  readonly modality: Modality;
  readonly regions: readonly StudyRegion[];
  readonly 'in-view': readonly Region[];
  readonly contrast: readonly Contrast[];
  readonly orderable: boolean;
  readonly loinc: readonly string[];
  readonly snomed: readonly string[];
  readonly icd10pcs: readonly string[];
}

/** An examination of the spine, or of a place that is not told, as words have it. */
export interface StudyInWords {
  readonly modality?: Modality;
  /** empty = no region is told */
  readonly regions: readonly Region[];
  /** no place is told, not even the spine ("MRI without contrast") */
  readonly placeless: boolean;
}

/** Longer descriptions than this are no names of examinations. */
const LONGEST_NAME = 200;
/** The beginning of a text as words in lower case, with a space before and after each. */
const plainWords = (text: string): string =>
  ` ${text
    .slice(0, LONGEST_NAME)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')} `;

/** The words that name examinations, each between spaces, as it is looked for. */
interface NamingWords {
  readonly modalities: readonly (readonly [Modality, readonly string[]])[];
  readonly regions: readonly (readonly [Region, readonly string[]])[];
  readonly spine: readonly string[];
  readonly elsewhere: readonly string[];
  /** the names of all modalities, longer ones first: they may hold shorter ones */
  readonly kinds: readonly string[];
  readonly filler: ReadonlySet<string>;
  readonly nameless: ReadonlySet<string>;
}

function namingWords(input: NonNullable<StudiesInput['in-words']>): NamingWords {
  const { modalities, regions } = input;
  const spaced = (words: readonly string[] = []): readonly string[] => words.map((w) => ` ${w} `);
  const kinds = MODALITIES.flatMap((m) => spaced(modalities[m]));
  return {
    modalities: MODALITIES.map((m) => [m, spaced(modalities[m])]),
    regions: REGIONS.map((r) => [r, spaced(regions[r])]),
    spine: spaced(input.spine),
    elsewhere: spaced(input.elsewhere),
    kinds: kinds.sort((a, b) => b.length - a.length),
    filler: new Set(input.filler),
    nameless: new Set(spaced(input.nameless)),
  };
}

/** Is there nothing in a name but kinds of examination and filler? */
function isFiller({ kinds, filler }: NamingWords, spaced: string): boolean {
  const rest = kinds.reduce((left, kind) => left.replaceAll(kind, ' '), spaced);
  return rest.split(' ').every((w) => w === '' || filler.has(w));
}

/** The length of the longest of some words that a text holds; zero when it holds none. */
const longest = (words: readonly string[], text: string): number =>
  words.reduce((most, w) => (w.length > most && text.includes(w) ? w.length : most), 0);

/** The catalogue of studies, looked up by procedure code. */
export class StudyCatalog {
  readonly studies: readonly Study[];
  readonly open: readonly OpenStudy[];
  readonly #byCode = new Map<string, Study>();
  readonly #byCoding = {
    cpt: new Map<string, Study | OpenStudy>(),
    loinc: new Map<string, Study | OpenStudy>(),
    snomed: new Map<string, Study | OpenStudy>(),
    icd10pcs: new Map<string, Study | OpenStudy>(),
  };

  readonly #words: NamingWords | undefined;

  constructor(file: StudiesInput) {
    this.#words = file['in-words'] && namingWords(file['in-words']);
    this.studies = file.studies;
    this.open = file['left-open'];
    const bare = (item: string): string => item.split(' ', 1)[0] ?? item;
    for (const study of [...this.open, ...file.studies]) {
      for (const code of study.loinc) this.#byCoding.loinc.set(bare(code), study);
      for (const code of study.snomed) this.#byCoding.snomed.set(bare(code), study);
      for (const code of study.icd10pcs) this.#byCoding.icd10pcs.set(bare(code), study);
    }
    for (const study of file.studies) {
      this.#byCode.set(study.code, study);
      this.#byCoding.cpt.set(study.code, study);
    }
  }

  /** The study, or the study with contrast or region left open, that a coding of CPT, LOINC, SNOMED CT or ICD-10-PCS names. */
  byCoding(system: string, code: string): Study | OpenStudy | undefined {
    const known = system === 'cpt' || system === 'loinc' || system === 'snomed' || system === 'icd10pcs';
    return known ? this.#byCoding[system].get(code) : undefined;
  }

  /** The study of a CPT or HCPCS code. */
  get(code: string): Study | undefined {
    return this.#byCode.get(code);
  }

  /** The examination of the spine, or of a place that is not told, that words name ("MR L-SPINE WO CONTRAST", "MRI"); undefined when they name none. */
  inWords(text: string): StudyInWords | undefined {
    const words = this.#words;
    if (words === undefined || this.isNameless(text)) return undefined;
    const spaced = plainWords(text);
    const regions = words.regions.flatMap(([region, names]) => (longest(names, spaced) > 0 ? [region] : []));
    // "MR angiography" is no MRI: the longer name counts
    const named = words.modalities.map(([m, names]) => ({ m, length: longest(names, spaced) }));
    const [best] = named.filter((n) => n.length > 0).sort((a, b) => b.length - a.length);
    const placeless = regions.length === 0 && longest(words.spine, spaced) === 0;
    if (placeless && (best === undefined || !isFiller(words, spaced))) return undefined;
    return { regions, placeless, ...(best !== undefined && { modality: best.m }) };
  }

  /** Does a text name a part of the body beside the spine? */
  namesElsewhere(text: string): boolean {
    return longest(this.#words?.elsewhere ?? [], plainWords(text)) > 0;
  }

  /** Is it a name of reports of imaging that does not say what was examined ("Radiology Reports")? */
  isNameless(text: string): boolean {
    return this.#words?.nameless.has(plainWords(text)) === true;
  }

  /** What of a text names an examination or a part of the body, in words of our own list alone: it names the same as the text. */
  namingWords(text: string): string {
    const { regions = [], spine = [], modalities = [], elsewhere = [] } = this.#words ?? {};
    const spaced = plainWords(text);
    if (this.isNameless(text)) return spaced.trim();
    const ofStudies = [...regions, ...modalities].flatMap(([, names]) => names);
    const known = [...(this.inWords(text) === undefined ? [] : [...ofStudies, ...spine]), ...elsewhere];
    return known.flatMap((w) => (spaced.includes(w) ? [w.trim()] : [])).join(' and ');
  }

  /** The study of a modality, spine region and contrast. */
  find(modality: Modality, region: Region, contrast: Contrast): Study | undefined {
    return this.studies.find(
      (s) => s.orderable && s.modality === modality && s.contrast === contrast && s.regions[0] === region,
    );
  }

  /** The orderable studies of these regions that agree with what an open code says. */
  candidates({ modality, contrast }: OpenStudy, regions: readonly StudyRegion[]): readonly Study[] {
    return this.studies.filter(
      (s) =>
        s.orderable &&
        s.modality === modality &&
        (contrast.length === 0 || contrast.includes(s.contrast)) &&
        s.regions.some((r) => regions.includes(r)),
    );
  }
}

/** Does it name one study, with contrast and region? */
export const isExact = (study: Study | OpenStudy): study is Study => 'code' in study;

/** The spine region of a study, if it has one. */
export const spineRegion = (study: Study): Region | undefined =>
  study.regions.find((r): r is Region => (REGIONS as readonly string[]).includes(r));
