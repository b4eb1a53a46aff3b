import type { Day } from '../../dates/day.ts';
import type { Asked, FactContext } from '../context.ts';
import type { BlockInput } from '../schema.ts';
import type { Tally } from '../tally.ts';
import { allergyEvidence } from './allergy.ts';
import { comparisonEvidence } from './comparison.ts';
import { courseEvidence } from './course.ts';
import { deviceEvidence } from './device.ts';
import { changeEvidence } from './drug-change.ts';
import { findingEvidence } from './finding.ts';
import { imagingEvidence } from './imaging.ts';
import { improvementEvidence } from './improvement.ts';
import { measureEvidence } from './measure.ts';
import { medicationEvidence } from './medication.ts';
import { orderEvidence, ordererEvidence } from './order.ts';
import { persistenceEvidence } from './persistence.ts';
import { procedureEvidence } from './procedure.ts';
import { progressionEvidence } from './progression.ts';
import { reportEvidence } from './report.ts';
import { signEvidence } from './sign.ts';
import { trendEvidence } from './trend.ts';
import { visitEvidence } from './visit.ts';
import { worseningEvidence } from './worsening.ts';

/**
 * Reads one block of evidence.
 * @returns of a course of treatment that lacks nothing but time: from when on it is long enough
 */
export function readBlock(block: BlockInput, asked: Asked, ctx: FactContext, tally: Tally): Day | undefined {
  if ('finding' in block) findingEvidence(block.finding, asked, ctx, tally);
  else if (asked.query.source === 'order-reason') return undefined;
  else if ('measure' in block) measureEvidence(block.measure, asked, ctx, tally);
  else if ('imaging' in block) imagingEvidence(block.imaging, asked, ctx, tally);
  else if ('report' in block) reportEvidence(block.report, asked, ctx, tally);
  else if ('procedure' in block) procedureEvidence(block.procedure, asked, ctx, tally);
  else if ('medication' in block) medicationEvidence(block.medication, asked, ctx, tally);
  else if ('visit' in block) visitEvidence(block.visit, asked, ctx, tally);
  else if ('order' in block) orderEvidence(block.order, asked, ctx, tally);
  else if ('orderer' in block) ordererEvidence(block.orderer, asked, ctx, tally);
  else if ('device' in block) deviceEvidence(block.device, asked, ctx, tally);
  else if ('allergy' in block) allergyEvidence(block.allergy, asked, ctx, tally);
  else if ('course' in block) return courseEvidence(block.course, asked, ctx, tally).from;
  else if ('improvement' in block) improvementEvidence(block.improvement, asked, ctx, tally);
  else if ('worsening' in block) worseningEvidence(block.worsening, asked, ctx, tally);
  else if ('persistence' in block) persistenceEvidence(block.persistence, asked, ctx, tally);
  else if ('sign' in block) signEvidence(block.sign, asked, ctx, tally);
  else if ('trend' in block) trendEvidence(block.trend, asked, ctx, tally);
  else if ('comparison' in block) comparisonEvidence(block.comparison, asked, ctx, tally);
  else if ('progression' in block) progressionEvidence(block.progression, asked, ctx, tally);
  else changeEvidence(block.change, asked, ctx, tally);
  return undefined;
}
