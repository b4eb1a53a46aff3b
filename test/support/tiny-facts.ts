import { parseDate } from '../../src/dates/day.ts';
import { FactEngine } from '../../src/facts/fact-engine.ts';
import { FactsFile } from '../../src/facts/schema.ts';
import { Vocabulary } from '../../src/facts/vocabulary.ts';
import type { FactQuery, FactValue } from '../../src/policy/fact-source.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { checker } from './knowledge.ts';
import { chartOf, named, type Resource } from './tiny-chart.ts';

export { concept, type Resource, SUBJECT } from './tiny-chart.ts';

const EPISODE = `
episode:
  complaints: { axial: [spinal-pain], radicular: [radiculopathy] }
  therapies: [physical-therapy]
  drugs: [analgesic]
  visit-reasons: [spine-visit-reason]
  pain-reasons: [limb-pain, placeless-pain]
  not-a-gap: 90 days
`;

/**
 * Asks one fact, written as in `policies/facts`, of a few resources on 2026-03-02.
 * @param evidence YAML of the fact's members below its question, e.g. `evidence: [{ finding: { codes: [fever] } }]`
 */
export function ask(evidence: string, resources: readonly Resource[], query: Partial<FactQuery> = {}): FactValue {
  const { knowledge } = checker();
  const indented = evidence.trim().replace(/^/gm, '    ');
  const yaml = `facts:\n  asked:\n    label: asked\n    ask: Asked?\n${indented}\n  event:\n    label: event\n    ask: Event?\n    evidence: [{ imaging: { modality: [mri] } }]\n${EPISODE}`;
  const file = parseYaml('facts.yaml', yaml, FactsFile).data;
  if (file.episode === undefined) throw new RangeError('no episode');
  const vocabulary = new Vocabulary(new Map(Object.entries(file.facts)), file.episode, knowledge.codes);
  const chart = chartOf(named(resources));
  const asOf = parseDate('2026-03-02') ?? { lo: 0, hi: 0 };
  return new FactEngine(chart, vocabulary, asOf, asOf.hi).fact({
    fact: 'asked',
    certainty: 'known',
    region: 'lumbar',
    strictRegion: false,
    ...query,
  });
}
