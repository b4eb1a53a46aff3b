import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../chart/json.ts';
import { add, type Day, formatDay } from '../../dates/day.ts';
import { InvalidFileError, readYaml } from '../../yaml/yaml-file.ts';
import { backgroundOf } from './background.ts';
import { ChartContext, type ChartResource, practitioner } from './chart-context.ts';
import { concept } from './codes.ts';
import { resourcesOf } from './items.ts';
import {
  BackgroundFile,
  type BackgroundInput,
  DirectoryFile,
  type DirectoryInput,
  PatientFile,
  type PatientInput,
} from './schema.ts';

/** The charts of the sandbox as of a day. */
export interface Charts {
  readonly patients: readonly PatientInput[];
  readonly resources: readonly ChartResource[];
}

const TEST_DATA = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  code: 'HTEST',
  display: 'test health data',
};
const LINES = { medicare: '111', medicaid: '211', commercial: '511' } as const;

/** System of the sandbox's invented identifiers of payers. */
const PAYER_IDS = 'https://payer-ids.example.org';

const identifiers = (value: string | undefined): Json =>
  value === undefined ? {} : { identifier: [{ system: PAYER_IDS, value }] };

function directory({ organizations, practitioners }: DirectoryInput): readonly ChartResource[] {
  return [
    ...organizations.map(({ id, name, type, identifier }) => ({
      resourceType: 'Organization',
      id,
      ...identifiers(identifier),
      active: true,
      type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: type }] }],
      name,
    })),
    ...practitioners.flatMap(({ id, given, family, specialty }) => [
      {
        resourceType: 'Practitioner',
        id,
        active: true,
        name: [{ use: 'official', family, given: [given], prefix: ['Dr.'] }],
      },
      {
        resourceType: 'PractitionerRole',
        id: `${id}-role`,
        active: true,
        practitioner: { ...practitioner(id), display: `Dr. ${given} ${family}` },
        organization: { reference: 'Organization/harbor-clinic' },
        specialty: [concept([specialty])],
      },
    ]),
  ];
}

function patientResource(ctx: ChartContext): ChartResource {
  const { id, name, gender, age } = ctx.patient;
  const birthday = add(ctx.today, { count: age, unit: 'years' }, -1) - 60 - Math.floor(ctx.random() * 240);
  return {
    resourceType: 'Patient',
    id,
    meta: { security: [TEST_DATA] },
    identifier: [{ system: 'urn:payer-policy-cds:sandbox', value: `MRN-${id}` }],
    active: true,
    name: [{ use: 'official', family: name.family, given: [name.given] }],
    gender,
    birthDate: formatDay(birthday),
    address: [
      { use: 'home', line: ['1 Sample Street'], city: 'Mockville', state: 'WA', postalCode: '98000', country: 'US' },
    ],
    generalPractitioner: [practitioner('ortiz')],
  };
}

/** The payer of a Coverage: read, contained, or a name alone, as real servers do it. */
function payor(
  names: 'reference' | 'display' | 'contained',
  organization: DirectoryInput['organizations'][number],
): Json {
  const { id, name, identifier } = organization;
  if (names === 'display') return { payor: [{ display: name }] };
  if (names === 'reference') return { payor: [{ reference: `Organization/${id}`, display: name }] };
  const contained = { resourceType: 'Organization', id: 'payer', ...identifiers(identifier), name };
  return { contained: [contained], payor: [{ reference: '#payer' }] };
}

function coverages(ctx: ChartContext, { organizations }: DirectoryInput): readonly ChartResource[] {
  return ctx.patient.coverage.map((c, i) => {
    const organization = organizations.find((o) => o.id === c.payer);
    if (organization === undefined) throw new RangeError(`${ctx.patient.id}: directory.yaml has no payer "${c.payer}"`);
    return {
      resourceType: 'Coverage',
      id: ctx.id('coverage'),
      status: 'active',
      type: { coding: [{ system: 'https://nahdo.org/sopt', code: LINES[c.line] }] },
      subscriberId: `SAMPLE-${ctx.patient.id}`,
      beneficiary: ctx.subject,
      period: { start: ctx.at('-2y') },
      ...payor(c.names, organization),
      ...(c.plan !== undefined && {
        class: [
          {
            type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/coverage-class', code: 'plan' }] },
            value: c.plan,
            name: c.plan,
          },
        ],
      }),
      order: i + 1,
    };
  });
}

function chartOf(
  patient: PatientInput,
  today: Day,
  shared: { directory: DirectoryInput; background: BackgroundInput },
): readonly ChartResource[] {
  const ctx = new ChartContext(patient, today);
  return [
    patientResource(ctx),
    ...coverages(ctx, shared.directory),
    ...backgroundOf(ctx, shared.background),
    ...patient.chart.flatMap((item) => resourcesOf(ctx, item, shared.background)),
  ];
}

/**
 * Loads the synthetic patients with their charts; all dates count back from a day.
 * @param folder holds `directory.yaml`, `background.yaml` and `patients/*.yaml`
 * @throws InvalidFileError for an invalid file, or a name that leads nowhere
 */
export function loadCharts(folder: string, today: Day): Charts {
  const shared = {
    directory: readYaml(join(folder, 'directory.yaml'), DirectoryFile).data,
    background: readYaml(join(folder, 'background.yaml'), BackgroundFile).data,
  };
  const files = readdirSync(join(folder, 'patients'))
    .filter((f) => f.endsWith('.yaml'))
    .sort();
  const patients: PatientInput[] = [];
  const resources: ChartResource[] = [...directory(shared.directory)];
  for (const name of files) {
    const file = join(folder, 'patients', name);
    const { data } = readYaml(file, PatientFile);
    patients.push(data);
    try {
      resources.push(...chartOf(data, today, shared));
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidFileError([`${file}:1:1 ${error.message}`]);
      throw error;
    }
  }
  return { patients, resources: unique(resources) };
}

/** @throws InvalidFileError when two resources have one id */
function unique(resources: readonly ChartResource[]): readonly ChartResource[] {
  const seen = new Set<string>();
  for (const { resourceType, id } of resources) {
    const key = `${resourceType}/${id}`;
    if (seen.has(key)) throw new InvalidFileError([`the sandbox has ${key} twice`]);
    seen.add(key);
  }
  return resources;
}
