import { type Json, text } from '../chart/json.ts';
import { type ChartQuery, chartQueries, coverageQuery } from '../chart/queries.ts';
import { ReadContext } from '../chart/read-context.ts';
import { neededSections } from '../criteria-check/needed-sections.ts';
import type { Checker } from '../criteria-check/order-check.ts';
import { FhirAccess, type FhirProblem } from '../ehr/fhir-access.ts';
import { type Command, loadChecker, UsageError } from './command.ts';
import { readArgs } from './read-args.ts';

/** What to do about each kind of failure. */
const ADVICE: Readonly<Record<FhirProblem, string>> = {
  unauthorized: 'the token is missing, expired or not accepted',
  forbidden: 'the token has no scope for it: the section will count as not available',
  'not-found': 'the server does not have it: the section will count as not available',
  refused: 'the search below is refused',
  'rate-limited': 'the server limits the rate',
  'server-error': 'the server fails',
  conflict: 'the server speaks of a conflict',
  'not-fhir':
    'the answer is no FHIR resource of the expected kind (HTML, a redirect, compressed though not asked for, another FHIR version?)',
  deadline: 'no answer in time',
  network: 'the server cannot be reached',
  'too-large': 'the answer is too large',
};

interface Finding {
  readonly name: string;
  readonly search: string;
  readonly result: string;
}

/** How many resources carry a code that some fact understands. */
function understood(resources: readonly Json[], ctx: ReadContext): number {
  const concepts = [
    'code',
    'type',
    'reasonCode',
    'valueCodeableConcept',
    'conclusionCode',
    'medicationCodeableConcept',
  ];
  return resources.filter((r) =>
    concepts.some((key) => ctx.concepts.hits(r[key]).length > 0 || ctx.concepts.study(r[key]) !== undefined),
  ).length;
}

/** Parameters without which a refused search is answered. */
async function refusedParameters(query: ChartQuery, fhir: FhirAccess): Promise<readonly string[]> {
  const optional = Object.keys(query.params).filter((p) => p !== 'patient' && p !== 'practitioner');
  const without = await Promise.all(
    optional.map(async (name) => {
      const { [name]: _left, ...params } = query.params;
      return (await fhir.search(query.section, params)).ok ? [name] : [];
    }),
  );
  return without.flat();
}

async function adviceOn(problem: FhirProblem, query: ChartQuery, fhir: FhirAccess): Promise<string> {
  if (problem !== 'refused') return ADVICE[problem];
  const refused = await refusedParameters(query, fhir);
  const what = refused.length === 0 ? '' : `; without ${refused.join(' or without ')} it is answered`;
  return `${ADVICE.refused}${what}; the section will count as not seen`;
}

async function examine(query: ChartQuery, fhir: FhirAccess, ctx: ReadContext): Promise<Finding> {
  const started = performance.now();
  const answer = await fhir.search(query.section, query.params);
  const ms = Math.round(performance.now() - started);
  const search = `${query.section}?${Object.entries(query.params)
    .map(([k, v]) => `${k}=${k === 'patient' || k === 'practitioner' ? '…' : v}`)
    .join('&')}`;
  if (!answer.ok) {
    const advice = await adviceOn(answer.problem, query, fhir);
    return { name: query.key, search, result: `${answer.problem}: ${advice}` };
  }
  const { resources, pages, complete } = answer.value;
  const own = resources.filter((r) => r['resourceType'] === query.section);
  const parts = [
    `${own.length} resources`,
    `${pages} ${pages === 1 ? 'page' : 'pages'}${pages > 1 ? ` of about ${Math.ceil(resources.length / pages)}` : ''}`,
    `${ms} ms`,
    ...(complete ? [] : ['NOT COMPLETE: a page is missing or lies outside of the base']),
    ...(own.length > 0 && query.section !== 'Coverage' ? [`codes understood in ${understood(own, ctx)}`] : []),
  ];
  return { name: query.key, search, result: parts.join(', ') };
}

/** The same for the patient, without whom nothing else is asked. */
const NO_PATIENT: Readonly<Partial<Record<FhirProblem, string>>> = {
  forbidden: 'the token has no scope for Patient',
  'not-found': 'there is no such patient, or no FHIR server at this address',
  refused: 'the server refuses the request, or this is no id of FHIR',
  network: 'the server cannot be reached: look at the host name, the port and the certificate',
};
const adviceOnPatient = (problem: FhirProblem): string => NO_PATIENT[problem] ?? ADVICE[problem];

/** A patient to try with: the one named, else the first that the server gives. */
async function somePatient(fhir: FhirAccess, base: string, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) {
    const read = await fhir.read('Patient', wanted);
    if (!read.ok) throw new UsageError(`${base}, Patient/${wanted}: ${read.problem}: ${adviceOnPatient(read.problem)}`);
    return wanted;
  }
  const found = await fhir.search('Patient', { _count: '1' });
  if (!found.ok) {
    const reached = !['network', 'deadline', 'unauthorized'].includes(found.problem);
    throw new UsageError(
      `${base}, Patient: ${found.problem}: ${adviceOnPatient(found.problem)}${reached ? '; name one with --patient' : ''}`,
    );
  }
  const id = found.value.resources.map((r) => text(r['id'])).find((i) => i !== undefined);
  if (id === undefined) throw new UsageError('the server has no patient; name one with --patient');
  return id;
}

function queriesFor(patient: string, checker: Checker): readonly ChartQuery[] {
  return [
    coverageQuery(patient),
    ...chartQueries({ patient }, neededSections(checker.knowledge), checker.canonical.factSystem),
  ];
}

export const doctor: Command = {
  usage: 'doctor --fhir URL [--token T] [--patient ID] [--deadline SECONDS]',
  help: `Asks a FHIR R4 server what a hook call would ask, section by section, and tells what it supports, what it refuses, how it
pages and whether its codes are understood. Nothing of a chart is printed but counts.

  --fhir URL           FHIR base URL
  --token T            access token; better in the environment variable FHIR_TOKEN
  --patient ID         patient to try with; default: the first one
  --deadline SECONDS   for everything together; default 60`,
  examples: [['doctor --fhir https://ehr.example.org/fhir --patient 123', 'with the access token in FHIR_TOKEN']],
  async run(args, out) {
    const { values } = readArgs({
      args: [...args],
      options: {
        fhir: { type: 'string' },
        token: { type: 'string' },
        patient: { type: 'string' },
        deadline: { type: 'string' },
      },
    });
    const base = values.fhir;
    if (base === undefined || !/^https?:\/\//.test(base) || !URL.canParse(base))
      throw new UsageError('doctor: expected --fhir with an http(s) URL');
    const seconds = Number(values.deadline ?? 60);
    if (!(seconds > 0)) throw new UsageError('--deadline: expected a number of seconds');
    const token = values.token ?? process.env['FHIR_TOKEN'];
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
      throw new UsageError(
        '--token (or FHIR_TOKEN): expected a token without spaces, line ends and letters beyond ASCII',
      );
    // Whoever types the address may reach it, private networks included.
    const fhir = new FhirAccess({
      base,
      ...(token !== undefined && { token }),
      privateNetwork: true,
      signal: AbortSignal.timeout(seconds * 1000),
    });
    const checker = loadChecker();
    const ctx = new ReadContext(checker.knowledge.codes, checker.knowledge.studies);
    const patient = await somePatient(fhir, base, values.patient);
    const findings = await Promise.all(queriesFor(patient, checker).map((q) => examine(q, fhir, ctx)));
    for (const f of findings) {
      out(`${f.name.padEnd(22)} ${f.result}`);
      out(`${' '.repeat(22)} ${f.search}`);
    }
    const bad = findings.filter((f) => !/^\d+ resources/.test(f.result) || f.result.includes('NOT COMPLETE'));
    out('');
    out(
      bad.length === 0
        ? 'Everything that a hook call asks for can be had.'
        : `${bad.length} of ${findings.length} sections cannot be had whole: ${bad.map((b) => b.name).join(', ')}.`,
    );
    return bad.length === 0 ? 0 : 1;
  },
};
