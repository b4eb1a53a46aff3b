import { isObject } from '../chart/json.ts';
import { unknownCodes } from '../criteria-check/unknown-codes.ts';
import { readConfig } from '../server/config.ts';
import { loadSpineRelated } from '../terminology/spine-related.ts';
import { type Command, loadChecker, readJson, UsageError } from './command.ts';
import { table } from './print-table.ts';
import { readArgs } from './read-args.ts';
import { namedEhr } from './registry.ts';

/** A Bundle, a list of resources, or one resource. @throws UsageError */
function readChart(file: string): unknown {
  const chart = readJson(file);
  const resources = (Array.isArray(chart) ? chart : [chart]) as readonly unknown[];
  if (!resources.every((r) => isObject(r) && typeof r['resourceType'] === 'string'))
    throw new UsageError(`${file}: expected a FHIR Bundle, a resource, or a list of resources`);
  return chart;
}

export const codesUnknown: Command = {
  usage: 'codes unknown BUNDLE.json... [--ehr ID] [--all] [--json]',
  help: `Lists the codes in FHIR Bundles (or lists of resources) that may speak of the spine and that no fact and no study
understands, with how often they stand where. Whether a code may speak of the spine is seen from its words and its family
(policies/spine-related.yaml). Classes of visits that are the EHR's own are listed too: whether a visit was in person hangs on them.
Nothing of a patient is printed but codes.

  --ehr ID   an EHR of the registry: its local codes are understood
  --all      every code that is not understood
  --json     as JSON

A code that the policies should know belongs into a code set of policies/codes. A code of one EHR alone is given its meaning in
the registry: \`codes: my-ehr.codes.yaml\` in smart-config/ehrs/my-ehr.yaml, and in that file

  codes:
    "urn:oid:1.2.3.4|LBP": ["icd10cm|M54.50"]             a standard code
    "urn:oid:1.2.3.4|NIGHT": ["set|night-pain"]           a code set
    "urn:oid:1.2.3.4|LSPAIN": ["set|spinal-pain@lumbar"]  a code set, at a place
    "urn:oid:1.2.3.5|13": ["set|in-person-contact"]       a class of visits (video: set|remote-contact)`,
  examples: [['codes unknown charts/*.json', 'what the charts of an EHR say that is not understood']],
  run(args, out) {
    const { values, positionals } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: { ehr: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
    });
    if (positionals.length === 0) throw new UsageError('codes unknown: expected at least one file');
    const checker = loadChecker();
    const related = loadSpineRelated(readConfig(process.env).POLICIES);
    const local = namedEhr(values.ehr, checker)?.localCodes;
    const { elements, understood, unknown } = unknownCodes(positionals.map(readChart), related, checker, local);
    const listed = values.all === true ? unknown : unknown.filter((u) => u.spine !== undefined);
    if (values.json === true) {
      out(JSON.stringify({ elements, understood, unknown: listed }, null, 2));
      return 0;
    }
    const rows = listed.map((u) => [
      String(u.count).padStart(5),
      `${u.system}|${u.code}`,
      u.display,
      u.spine ?? '',
      u.where.join(', '),
    ]);
    if (rows.length > 0) for (const line of table(['count', 'code', 'words', 'spine', 'where'], rows)) out(line);
    const uses = listed.reduce((sum, u) => sum + u.count, 0);
    out(
      `${positionals.length} charts, ${elements} coded elements, ${understood} understood; ${listed.length} codes listed, used ${uses} times`,
    );
    return 0;
  },
};
