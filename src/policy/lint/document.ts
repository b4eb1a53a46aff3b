import { error, type Finding, warning } from '../../yaml/finding.ts';
import type { LoadedFile } from '../../yaml/yaml-file.ts';
import type { PlaceInput, PolicyInput } from '../schema.ts';
import { nodesOf, type PlaceAt, placesIn, type YamlPath } from '../walk.ts';

/** What the text says of itself, its citations and its names. */
export function lintDocument(file: LoadedFile<PolicyInput>, today: string): readonly Finding[] {
  const at = (path: YamlPath): string => file.locate(path);
  return [
    ...head(file, today),
    ...[...placesIn(file.data.indications)].flatMap((p) => cited(p, at)),
    ...definitions(file.data, at),
    ...nodeIds(file.data, at),
    ...exceptions(file.data, at),
    ...studies(file.data, at),
  ];
}

type At = (path: YamlPath) => string;

function head({ file, data, locate }: LoadedFile<PolicyInput>, today: string): readonly Finding[] {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return [
    ...(name.startsWith(data.effective)
      ? []
      : [error(locate(['effective']), `effective: the file is named ${name}, not ${data.effective}.yaml`)]),
    ...(data.until !== undefined && data.until <= data.effective
      ? [error(locate(['until']), `until: the text is in force on no day (effective ${data.effective})`)]
      : []),
    ...(data['review-by'] < data.checked
      ? [error(locate(['review-by']), `review-by: lies before ${data.checked}, when it was checked`)]
      : []),
    ...(data.checked > today ? [error(locate(['checked']), 'checked: lies in the future')] : []),
    ...(data['review-by'] < today
      ? [
          warning(
            locate(['review-by']),
            `review-by: the text should have been compared with its publisher by ${data['review-by']}`,
          ),
        ]
      : []),
  ];
}

const inherited = <K extends keyof PlaceInput>({ place, above }: PlaceAt, key: K): PlaceInput[K] | undefined =>
  [place, ...[...above].reverse()].map((p) => p[key]).find((v) => v !== undefined);

/** Every path says where it stands in the source, what it is about and what it is for. */
function cited(p: PlaceAt, at: At): readonly Finding[] {
  const { place } = p;
  if ('paths' in place) return [];
  const about = `${place.id}:`;
  return [
    ...(inherited(p, 'cite') === undefined
      ? [error(at(p.at), `${about} no citation (cite), neither its own nor a section's`)]
      : []),
    ...(inherited(p, 'entry') === undefined && inherited(p, 'screen') !== true
      ? [error(at(p.at), `${about} no entry: say what the passage is about, or mark it as a screen`)]
      : []),
    ...(inherited(p, 'studies') === undefined && !JSON.stringify(place).includes('"any-indication"')
      ? [error(at(p.at), `${about} no studies, neither its own nor a section's`)]
      : []),
    ...([place.criteria, place.entry, place.require].every((own) => own === undefined)
      ? [
          error(
            at(p.at),
            `${about} neither criteria nor an entry of its own: it would hold for everybody its section is about`,
          ),
        ]
      : []),
  ];
}

/** Definitions that nothing uses, and parameters that nobody takes or gives. */
function definitions(input: PolicyInput, at: At): readonly Finding[] {
  const uses = [...nodesOf(input)].flatMap(({ node, at: path }) =>
    typeof node !== 'string' && 'use' in node ? [{ ...node, path }] : [],
  );
  return [
    ...Object.entries(input.define).flatMap(([name, { params, criteria }]) => [
      ...(uses.some((u) => u.use === name) ? [] : [error(at(['define', name]), `define.${name}: nothing uses it`)]),
      ...params.flatMap((p, i) =>
        JSON.stringify(criteria).includes(`$${p}`)
          ? []
          : [error(at(['define', name, 'params', i]), `define.${name}: it does not use its parameter ${p}`)],
      ),
    ]),
    ...uses.flatMap(({ use, with: given, path }) =>
      Object.keys(given ?? {}).flatMap((p) =>
        input.define[use] === undefined || input.define[use].params.includes(p)
          ? []
          : [error(at([...path, 'with', p]), `${use} has no parameter ${p}`)],
      ),
    ),
  ];
}

/** Ids of criteria are the labels of the source: no two criteria share one. */
function nodeIds(input: PolicyInput, at: At): readonly Finding[] {
  const seen = new Set([...placesIn(input.indications)].map((p) => p.place.id));
  const exclusions = input.exclusions.flatMap(({ id }, i) => twice(seen, id, at(['exclusions', i, 'id'])));
  const nodes = [...nodesOf(input)].flatMap(({ node, at: path }) =>
    typeof node === 'string' || node.id === undefined ? [] : twice(seen, node.id, at([...path, 'id'])),
  );
  return [...exclusions, ...nodes];
}

function twice(seen: Set<string>, id: string, where: string): readonly Finding[] {
  if (seen.has(id)) return [error(where, `the id "${id}" is used twice`)];
  seen.add(id);
  return [];
}

/** Indications that an any-indication leaf leaves out have to exist. */
function exceptions(input: PolicyInput, at: At): readonly Finding[] {
  const ids = [...placesIn(input.indications)].map((p) => p.place.id);
  return [...nodesOf(input)].flatMap(({ node, at: path }) => {
    if (typeof node === 'string' || !('any-indication' in node)) return [];
    return node['any-indication'].except.flatMap((e, i) =>
      ids.some((id) => id === e || id.startsWith(`${e}.`) || id.startsWith(`${e}/`))
        ? []
        : [error(at([...path, 'any-indication', 'except', i]), `there is no passage "${e}"`)],
    );
  });
}

/** Rules for studies that the policy does not govern never apply. */
function studies(input: PolicyInput, at: At): readonly Finding[] {
  const governed = new Set(input.governs);
  const isCode = (s: string): boolean => /^[0-9A-Z]{5}$/.test(s);
  const check = (codes: readonly string[] | undefined, path: YamlPath): readonly Finding[] =>
    (codes ?? []).flatMap((code, i) =>
      !isCode(code) || governed.has(code)
        ? []
        : [error(at([...path, i]), `${code} is not governed by this policy: the rule never applies to it`)],
    );
  return [
    ...input['not-required'].flatMap((r, i) => check(r.studies, ['not-required', i, 'studies'])),
    ...input.exclusions.flatMap((e, i) => check(e.studies, ['exclusions', i, 'studies'])),
    ...input.governs.flatMap((code, i) =>
      input.governs.indexOf(code) === i ? [] : [error(at(['governs', i]), `governs: ${code} stands twice`)],
    ),
  ];
}
