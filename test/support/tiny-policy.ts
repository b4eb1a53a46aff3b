import { type Day, type Interval, parseDate } from '../../src/dates/day.ts';
import { assess, type OrderedStudy } from '../../src/policy/assess.ts';
import type { Assessment } from '../../src/policy/assessment.ts';
import { compilePolicyText } from '../../src/policy/compile.ts';
import type { CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import type { Episode, FactCatalog, FactQuery, FactSource, FactValue } from '../../src/policy/fact-source.ts';
import { StudiesFile, StudyCatalog } from '../../src/policy/studies.ts';
import { factCode } from '../../src/policy/words.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';

/** The day of a date. */
export const day = (text: string): Day => {
  const parsed = parseDate(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed.lo;
};

/** Every test of the policy engine asks on this day. */
export const AS_OF = day('2026-03-02');

const study = (code: string, modality: string, region: string, contrast: string): string =>
  `  - { code: "${code}", label: ${modality} ${region} ${contrast}, modality: ${modality}, regions: [${region}], contrast: ${contrast}, orderable: true }`;

/** A few studies of two regions. */
export const STUDIES = new StudyCatalog(
  parseYaml(
    'studies.yaml',
    [
      'studies:',
      study('72141', 'mri', 'cervical', 'without'),
      study('72156', 'mri', 'cervical', 'without-and-with'),
      study('72125', 'ct', 'cervical', 'without'),
      study('72148', 'mri', 'lumbar', 'without'),
      study('72149', 'mri', 'lumbar', 'with'),
      study('72158', 'mri', 'lumbar', 'without-and-with'),
      study('72131', 'ct', 'lumbar', 'without'),
    ].join('\n'),
    StudiesFile,
  ).data,
);

/** Every name is a fact, save those that begin with "no-such"; facts of care begin with "care-", complaints with "complaint-", results of examinations with "result-", actions with "do-", what lasts three months with "long-". */
export const CATALOG: FactCatalog = {
  names: () => [],
  describe: (id) =>
    id.startsWith('no-such')
      ? undefined
      : {
          id,
          label: id,
          ask: `Is there ${id}?`,
          care: id.startsWith('care-'),
          followUp: id.startsWith('care-'),
          complaint: id.startsWith('complaint-'),
          byResult: id.startsWith('result-'),
          ...(id.startsWith('long-') && { lasts: { count: 3, unit: 'months' } as const }),
          ...(id.startsWith('do-') && { action: `Begin ${id}`, takes: { count: 6, unit: 'weeks' } as const }),
        },
};

const HEAD = `policy: tiny
version: "1"
title: Tiny policy
publisher: Nobody
effective: "2026-01-01"
checked: "2026-01-01"
review-by: "2027-01-01"
governs: ["72148", "72149", "72158", "72131", "72141", "72156", "72125"]
`;

/** Compiles a policy from its members after the head; it speaks of the lumbar spine unless the text says otherwise. */
export const tinyPolicy = (body: string, head = 'region: lumbar\n'): CompiledPolicy =>
  compilePolicyText('tiny.yaml', `${HEAD}${head}${body}`, CATALOG, STUDIES);

/** How a fact stands: settled, silent, read from an incomplete section, unclear, in conflict, or in detail. */
export type Stand = 'true' | 'false' | 'silent' | 'incomplete' | 'unclear' | 'conflict' | FactValue;

/** What the chart says of each fact, by its code ("x", "x.suspected", "x.history"); a fact that is left out is silent. */
export type Stands = Readonly<Record<string, Stand | ((query: FactQuery) => Stand)>>;

/** A settled value with its evidence on a day. */
export const on = (fact: string, truth: 'true' | 'false', date: string, more: Partial<FactValue> = {}): FactValue => {
  const when = parseDate(date);
  return {
    truth,
    evidence: [{ reference: `Observation/${fact}`, date, fact, basis: 'chart' }],
    ...(when !== undefined && truth === 'true' && { when, first: when }),
    ...more,
  };
};

function valueFor(fact: string, stand: Stand): FactValue {
  if (typeof stand !== 'string') return stand;
  if (stand === 'true' || stand === 'false') return on(fact, stand, '2026-03-01');
  return { truth: 'unknown', evidence: [], gap: stand, ...(stand === 'incomplete' && { sections: ['Condition'] }) };
}

/** Facts by decree. */
export interface Decree {
  readonly facts?: Stands;
  /** `unseen`: the part of the chart that states it was not */
  readonly birth?: string;
  readonly episode?: Episode;
  readonly serviceDate?: string;
  /** facts of which some evidence may not have been seen */
  readonly unseen?: readonly string[];
}

/** A source of facts that says what it is told. */
export function factsBy({ facts = {}, birth, episode, serviceDate, unseen = [] }: Decree): FactSource {
  const born = birth === undefined || birth === 'unseen' ? undefined : (parseDate(birth) as Interval);
  return {
    asOf: AS_OF,
    serviceDate: serviceDate === undefined ? AS_OF : day(serviceDate),
    fact(query) {
      const stand = facts[factCode(query)] ?? 'silent';
      return valueFor(query.fact, typeof stand === 'function' ? stand(query) : stand);
    },
    silent: (fact) =>
      Object.entries(facts).every(
        ([code, stand]) => !(code === fact || code.startsWith(`${fact}.`)) || stand === 'silent',
      ),
    unseen: ({ fact }) => unseen.includes(fact),
    birth: () => {
      if (birth === 'unseen') return { sections: ['Patient'] };
      return born === undefined ? undefined : { on: born, reference: 'Patient/p' };
    },
    episode: () => episode ?? { evidence: [] },
  };
}

/** The order of a study by its code. */
export function ordered(code: string): OrderedStudy {
  const found = STUDIES.get(code);
  if (found === undefined) throw new RangeError(code);
  return {
    code,
    regions: found.regions.filter((r) => r === 'lumbar' || r === 'cervical'),
    withContrast: found.contrast.endsWith('with'),
  };
}

/** Checks an order (of the lumbar MRI without contrast, unless said) against a tiny policy. */
export const checked = (policy: CompiledPolicy, decree: Decree, code = '72148'): Assessment =>
  assess(policy, ordered(code), factsBy(decree), CATALOG);

/** "met", or "undetermined: documentation". */
export const outcomeOf = ({ outcome, reason }: Assessment): string =>
  reason === undefined ? outcome : `${outcome}: ${reason}`;
