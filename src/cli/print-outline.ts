import { formatDay } from '../dates/day.ts';
import type { CompiledExclusion, CompiledPolicy } from '../policy/compiled-policy.ts';
import type { FactCatalog } from '../policy/fact-source.ts';
import { type OutlineNode, outline, ROLE_WORDS } from '../policy/outline.ts';
import type { StudyCatalog } from '../policy/studies.ts';

type Lines = readonly string[];

const indent = (lines: Lines): Lines => lines.map((line) => (line === '' ? '' : `    ${line}`));
const section = (title: string, lines: Lines): Lines => (lines.length === 0 ? [] : ['', title, ...indent(lines)]);
const noteLines = (note: string | undefined, name = 'note'): Lines =>
  note === undefined ? [] : [`${name}: ${note.trim()}`];

const IF_UNKNOWN: Readonly<Record<CompiledExclusion['ifUnknown'], string>> = {
  ignore: 'it does not count',
  ask: 'a question comes first',
  'ask-if-on-file': 'it does not count, unless something on file asks for an answer: then a question comes first',
};

/** Is a node in force on a day? Without a day everything is told. */
type InForce = (node: OutlineNode) => boolean;

function datesOf({ from, until }: OutlineNode): string {
  const parts = [
    ...(from === undefined ? [] : [`from ${formatDay(from)}`]),
    ...(until === undefined ? [] : [`until ${formatDay(until)}`]),
  ];
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

/** Label and operator: "no improvement after one month: all of". */
const wordsOf = ({ label, says, heading }: OutlineNode): string =>
  [label, says, heading].filter((w) => w !== undefined && w !== '').join(': ');

/** A criterion below a passage. */
function criterion(node: OutlineNode, inForce: InForce): Lines {
  if (!inForce(node)) return [];
  const role = node.role === undefined ? '- ' : `${ROLE_WORDS[node.role]}: `;
  const id = node.id === undefined ? '' : `${node.id}  `;
  const cite = node.cite === undefined ? '' : `  [${node.cite}]`;
  return [
    `${role}${id}${wordsOf(node)}${cite}${datesOf(node) === '' ? '' : `  ${datesOf(node)}`}`,
    ...indent([...node.children.flatMap((c) => criterion(c, inForce)), ...noteLines(node.note)]),
  ];
}

class Printer {
  readonly #policy: CompiledPolicy;
  readonly #studies: StudyCatalog;
  readonly #inForce: InForce;

  constructor(policy: CompiledPolicy, studies: StudyCatalog, inForce: InForce) {
    this.#policy = policy;
    this.#studies = studies;
    this.#inForce = inForce;
  }

  title(): Lines {
    const p = this.#policy.input;
    const until = p.until === undefined ? '' : ` until ${p.until}`;
    return [
      p.title,
      `${p.policy}, version ${p.version}, ${p.publisher}${p.status === 'in-force' ? '' : ` (${p.status})`}`,
      `in force from ${p.effective}${until}; checked ${p.checked}, to be checked again by ${p['review-by']}`,
      ...(p.url === undefined ? [] : [p.url]),
      ...noteLines(p.notice, 'notice'),
      ...section(
        'Governs',
        p.governs.map((code) => this.#named(code)),
      ),
      ...section('Asks to be sent', p.documents),
    ];
  }

  #named(code: string): string {
    const label = this.#studies.get(code)?.label;
    return label === undefined ? code : `${code} ${label}`;
  }

  /** A section, an indication, an exclusion or an exemption. */
  passage(node: OutlineNode): Lines {
    if (!this.#inForce(node)) return [];
    const head = [node.id, node.label, `[${node.cite ?? ''}]`, datesOf(node)];
    return [
      head.filter((part) => part !== undefined && part !== '' && part !== '[]').join('  '),
      ...indent([
        ...noteLines(node.note),
        ...this.#rules(node),
        ...(node.screen === true ? ['red flag: looked for in everybody'] : []),
        ...(node.regions === undefined ? [] : [`regions: ${node.regions.join(', ')}`]),
        ...this.#studyLines(node),
        ...node.children.flatMap((c) => this.#child(c)),
      ]),
    ];
  }

  #child(node: OutlineNode): Lines {
    return node.kind === 'section' || node.kind === 'indication' ? this.passage(node) : criterion(node, this.#inForce);
  }

  /** What the document says of an exclusion or an exemption beside its criteria. */
  #rules(node: OutlineNode): Lines {
    const { exclusions, 'not-required': exemptions } = this.#policy.input;
    const exclusion = node.kind === 'exclusion' ? exclusions.find((e) => e.id === node.id) : undefined;
    const lines =
      node.kind === 'exemption' ? exemptions.find((e) => e.id === node.id)?.['line-of-business'] : undefined;
    return [
      ...(exclusion === undefined ? [] : [`not documented either way: ${IF_UNKNOWN[exclusion['if-unknown']]}`]),
      ...(lines === undefined ? [] : [`line of business: ${lines.join(', ')}`]),
    ];
  }

  #studyLines({ studies }: OutlineNode): Lines {
    if (studies === undefined || studies.length === 0) return [];
    const plain = [...new Set(studies.filter((s) => s.when === undefined).map((s) => s.code))];
    const conditional = studies.flatMap(({ code, when }) => (when === undefined ? [] : [{ code, when }]));
    return [
      ...(plain.length === 0 ? [] : [`studies: ${plain.join(', ')}`]),
      ...conditional.flatMap(({ code, when }) => [`study ${code}, when`, ...indent(criterion(when, this.#inForce))]),
    ];
  }
}

/**
 * A policy as an indented outline: labels and citations of the source, what each passage is about, its criteria in words, its
 * studies and notes.
 * @param on leaves out what is not in force on that day
 */
export function outlineAsText(
  policy: CompiledPolicy,
  catalog: FactCatalog,
  studies: StudyCatalog,
  on: number | undefined,
): Lines {
  const inForce: InForce = ({ from, until }) =>
    on === undefined || ((from === undefined || from <= on) && (until === undefined || on < until));
  const told = outline(policy, catalog);
  const printer = new Printer(policy, studies, inForce);
  const definitions = Object.entries(policy.input.define).flatMap(([name, { label, note }]) =>
    note === undefined ? [] : [`${label ?? name}`, ...indent(noteLines(note))],
  );
  return [
    ...printer.title(),
    ...(on === undefined ? [] : ['', `As in force on ${formatDay(on)}.`]),
    ...section(
      'No review is needed',
      told.exemptions.flatMap((n) => printer.passage(n)),
    ),
    ...section(
      'Exclusions',
      told.exclusions.flatMap((n) => printer.passage(n)),
    ),
    ...section(
      'Indications',
      told.indications.flatMap((n) => printer.passage(n)),
    ),
    ...section('Notes on definitions', definitions),
    ...section(
      'Not encoded',
      told.notEncoded.map((n) => `${n.cite}: ${n.why}`),
    ),
  ];
}
