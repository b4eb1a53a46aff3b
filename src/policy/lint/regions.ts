import { type Finding, warning } from '../../yaml/finding.ts';
import type { LoadedFile } from '../../yaml/yaml-file.ts';
import type { CompiledPolicy } from '../compiled-policy.ts';
import type { PolicyInput } from '../schema.ts';
import type { StudyCatalog } from '../studies.ts';
import { placesIn } from '../walk.ts';

/**
 * Passages about one region that name studies of other regions alone: a code that was mistyped makes every order an order for the wrong
 * study. A passage may name others beside its own.
 */
export function lintRegions(
  file: LoadedFile<PolicyInput>,
  policy: CompiledPolicy,
  studies: StudyCatalog,
): readonly Finding[] {
  const places = new Map([...placesIn(file.data.indications)].map((p) => [p.place.id, p.at]));
  return policy.paths.flatMap(({ id, region, studies: named }) => {
    const shown = named.flatMap(({ code }) => studies.get(code) ?? []);
    const elsewhere = shown.every((s) => s.regions.length > 0 && !(s.regions as readonly string[]).includes(region));
    if (region === 'any' || shown.length === 0 || !elsewhere) return [];
    const words = shown.map((s) => `${s.code} (${s.label})`).join(', ');
    const at = places.get(id.replace(/@.*$/, '')) ?? [];
    return [warning(file.locate(at), `${id}: it is about the ${region} region, and names only ${words}`)];
  });
}
