import type { CheckedOrder } from '../../src/criteria-check/order-check.ts';
import { REGIONS, type Region } from '../../src/policy/fact-source.ts';
import type { Vignette } from '../../src/vignettes/expand.ts';

/** A vignette with its order as it was checked against the policy as it is. */
export interface Case {
  readonly vignette: Vignette;
  readonly check: CheckedOrder;
}

const isRegion = (r: string): r is Region => (REGIONS as readonly string[]).includes(r);

/** The spine regions of the ordered study. */
export const regionsOf = ({ check }: Case): readonly Region[] => check.study.regions.filter(isRegion);
