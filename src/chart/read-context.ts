import type { Interval } from '../dates/day.ts';
import type { StudyCatalog } from '../policy/studies.ts';
import type { CodeIndex } from '../terminology/code-index.ts';
import type { LocalCodes } from './code-meanings.ts';
import { ConceptReader } from './concept-reader.ts';
import { LinkedResources } from './linked-resources.ts';
import { Reasons } from './reasons.ts';

/** What every reader of a resource needs of the chart that it belongs to. */
export class ReadContext {
  /** for onsets that are stated as an age */
  readonly birth: Interval | undefined;
  readonly concepts: ConceptReader;
  readonly links: LinkedResources;
  readonly reasons: Reasons;

  /** @param base the FHIR base URL that relative references belong to, if known */
  constructor(index: CodeIndex, studies: StudyCatalog, local?: LocalCodes, birth?: Interval, base?: string) {
    this.birth = birth;
    this.concepts = new ConceptReader(index, studies, local);
    this.links = new LinkedResources(this.concepts, base);
    this.reasons = new Reasons(this.concepts, this.links);
  }
}
