import * as z from 'zod';
import { type Day, parseDate } from '../dates/day.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { meant } from '../yaml/nearest-names.ts';
import { InvalidFileError, type LoadedFile, readYaml } from '../yaml/yaml-file.ts';

const LINES = ['medicare', 'medicaid', 'commercial'] as const;
export type LineOfBusiness = (typeof LINES)[number];

const Route = z.strictObject({
  policy: z.string(),
  'line-of-business': z.array(z.enum(LINES)).optional(),
  plans: z.array(z.string()).optional().meta({ description: 'Coverage.class values of plan or group; default all' }),
  studies: z.array(z.string()).optional(),
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
});
const Payer = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string().min(1),
  short: z.string().min(1).max(30).optional().meta({ description: 'for the summary of cards, where the name is long' }),
  names: z.array(z.string()).default([]).meta({ description: 'other names under which coverages show it' }),
  identifiers: z.array(z.strictObject({ system: z.string().optional(), value: z.string() })).default([]),
  policies: z.array(Route).min(1),
  note: z.string().optional(),
});

/** `policies/payers.yaml`: which payer's orders are checked against which policy. */
export const PayersFile = z.strictObject({ payers: z.array(Payer).min(1) });
export type PayerInput = z.infer<typeof Payer>;

/** A payer as a coverage names it. */
export interface PayerName {
  readonly names: readonly string[];
  readonly identifiers: readonly { readonly system?: string; readonly value: string }[];
}

/** No payer and no plan has a longer name; on a text of any length the expressions below could take any time. */
const LONGEST_NAME = 200;

/**
 * Compares names as people write them: case, accents, punctuation, spaces and the legal form do not matter. A text that is too
 * long for a name is nobody's.
 */
export const normalName = (name: string): string => (name.length > LONGEST_NAME ? '' : comparable(name));

const comparable = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/['’]/g, '')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
    .replace(/^the /, '')
    .replace(/( (inc|incorporated|llc|corp|corporation|co|company|ltd|limited))+$/, '');

/** What people put in parentheses behind a name: an abbreviation, a vendor, a state. */
const REMARK = /\s*\([^()]*\)\s*$/;

/** Routes coverages to policies. */
export class PayerDirectory {
  readonly payers: readonly PayerInput[];
  readonly #byName = new Map<string, PayerInput>();

  constructor(payers: readonly PayerInput[]) {
    this.payers = payers;
    for (const payer of payers)
      for (const name of [payer.name, ...payer.names]) this.#byName.set(normalName(name), payer);
  }

  get(id: string): PayerInput | undefined {
    return this.payers.find((p) => p.id === id);
  }

  /** The payer that a name or identifier belongs to; identifiers go before names. */
  find(name: PayerName): PayerInput | undefined {
    for (const { system, value } of name.identifiers) {
      const found = this.payers.find((p) =>
        p.identifiers.some((i) => i.value === value && (i.system === undefined || i.system === system)),
      );
      if (found !== undefined) return found;
    }
    for (const n of name.names.filter((n) => n.length <= LONGEST_NAME)) {
      const found = this.#byName.get(normalName(n)) ?? this.#byName.get(normalName(n.replace(REMARK, '')));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The policy text that governs a study for a member of this payer on a day. */
  policyFor(
    payer: PayerInput,
    order: { readonly study: string; readonly serviceDate: Day },
    member: { readonly lineOfBusiness: LineOfBusiness; readonly plans: readonly string[] },
    policies: PolicySet,
    status: 'in-force' | 'shadow' = 'in-force',
  ): CompiledPolicy | undefined {
    for (const route of payer.policies) {
      if (route['line-of-business'] !== undefined && !route['line-of-business'].includes(member.lineOfBusiness))
        continue;
      if (route.plans !== undefined && !namesOneOf(route.plans, member.plans)) continue;
      if (route.studies !== undefined && !route.studies.includes(order.study)) continue;
      if (!inPeriod(route, order.serviceDate)) continue;
      const policy = policies.inForce(route.policy, order.serviceDate, status);
      if (policy?.governs.has(order.study) === true) return policy;
    }
    return undefined;
  }
}

const namesOneOf = (wanted: readonly string[], plans: readonly string[]): boolean => {
  const have = new Set(plans.map(normalName));
  return wanted.some((plan) => have.has(normalName(plan)));
};

const inPeriod = (route: { from?: string | undefined; until?: string | undefined }, on: Day): boolean =>
  (parseDate(route.from)?.lo ?? Number.NEGATIVE_INFINITY) <= on &&
  on < (parseDate(route.until)?.lo ?? Number.POSITIVE_INFINITY);

/**
 * Loads `payers.yaml` and checks that each route names a loaded policy and no name is used twice.
 * @throws InvalidFileError
 */
export function loadPayers(file: string, policies: PolicySet): PayerDirectory {
  const loaded = readYaml(file, PayersFile);
  const problems = [...unknownPolicies(loaded, policies), ...doubleNames(loaded)];
  if (problems.length > 0) throw new InvalidFileError(problems);
  return new PayerDirectory(loaded.data.payers);
}

function unknownPolicies(loaded: LoadedFile<z.infer<typeof PayersFile>>, policies: PolicySet): readonly string[] {
  const ids = policies.ids();
  return loaded.data.payers.flatMap((payer, i) =>
    payer.policies.flatMap((route, j) =>
      ids.includes(route.policy)
        ? []
        : [
            `${loaded.locate(['payers', i, 'policies', j, 'policy'])} payers.${i}.policies.${j}.policy: there is no policy "${route.policy}"; ${meant(route.policy, ids)}`,
          ],
    ),
  );
}

function doubleNames(loaded: LoadedFile<z.infer<typeof PayersFile>>): readonly string[] {
  const seen = new Map<string, string>();
  return loaded.data.payers.flatMap((payer, i) =>
    [payer.name, ...payer.names].flatMap((name) => {
      const other = seen.get(normalName(name));
      seen.set(normalName(name), payer.id);
      return other === undefined || other === payer.id
        ? []
        : [`${loaded.locate(['payers', i])} payers.${i}: the name "${name}" belongs to ${other} too`];
    }),
  );
}
