import type { NodeInput, PlaceInput, PolicyInput } from './schema.ts';

/** Where a value stands in a policy file. */
export type YamlPath = readonly (string | number)[];

/** What a criterion is for the passage or the operator that holds it. */
export type Role =
  | 'criteria'
  | 'entry'
  | 'about'
  | 'require'
  | 'closed-by'
  | 'unless'
  | 'when'
  | 'definition'
  | 'all'
  | 'any'
  | 'of'
  | 'not';

/** A criterion with its place. */
export interface NodeAt {
  readonly node: NodeInput;
  readonly at: YamlPath;
  readonly role: Role;
}

/** A passage with its place and the sections above it, the outermost first. */
export interface PlaceAt {
  readonly place: PlaceInput;
  readonly at: YamlPath;
  readonly above: readonly PlaceInput[];
}

/** A criterion and all criteria in it. */
function* nodesIn(node: NodeInput, at: YamlPath, role: Role): Generator<NodeAt> {
  yield { node, at, role };
  if (typeof node === 'string') return;
  if ('not' in node) yield* nodesIn(node.not, [...at, 'not'], 'not');
  const operands = 'all' in node ? node.all : 'any' in node ? node.any : 'of' in node ? node.of : [];
  const key = 'all' in node ? 'all' : 'any' in node ? 'any' : 'of';
  for (const [i, operand] of operands.entries()) yield* nodesIn(operand, [...at, key, i], key);
}

/** The passages of a tree in their order. */
export function* placesIn(
  places: readonly PlaceInput[],
  at: YamlPath = ['indications'],
  above: readonly PlaceInput[] = [],
): Generator<PlaceAt> {
  for (const [i, place] of places.entries()) {
    const here = [...at, i];
    yield { place, at: here, above };
    if ('paths' in place) yield* placesIn(place.paths, [...here, 'paths'], [...above, place]);
  }
}

function* nodesOfPlace({ place, at }: PlaceAt): Generator<NodeAt> {
  for (const role of ['entry', 'about'] as const) {
    const node = place[role];
    if (node !== undefined) yield* nodesIn(node, [...at, role], role);
  }
  for (const role of ['require', 'closed-by'] as const)
    for (const [i, node] of (place[role] ?? []).entries()) yield* nodesIn(node, [...at, role, i], role);
  for (const [i, study] of (place.studies ?? []).entries())
    if (typeof study !== 'string') yield* nodesIn(study.when, [...at, 'studies', i, 'when'], 'when');
  if ('criteria' in place && place.criteria !== undefined)
    yield* nodesIn(place.criteria, [...at, 'criteria'], 'criteria');
}

/** Every criterion of a policy file. */
export function* nodesOf(input: PolicyInput): Generator<NodeAt> {
  for (const [name, { criteria }] of Object.entries(input.define))
    yield* nodesIn(criteria, ['define', name, 'criteria'], 'definition');
  for (const [i, { criteria, unless }] of input.exclusions.entries()) {
    if (criteria !== undefined) yield* nodesIn(criteria, ['exclusions', i, 'criteria'], 'criteria');
    if (unless !== undefined) yield* nodesIn(unless, ['exclusions', i, 'unless'], 'unless');
  }
  for (const [i, { criteria }] of input['governs-when'].entries())
    yield* nodesIn(criteria, ['governs-when', i, 'criteria'], 'criteria');
  for (const place of placesIn(input.indications)) yield* nodesOfPlace(place);
}
