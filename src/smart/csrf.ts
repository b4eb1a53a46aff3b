import { createHash, timingSafeEqual } from 'node:crypto';
import type { Launched } from './launched.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Did a form or a header bring the launch's secret back? Without it a POST changes nothing. */
export const csrfMatches = (launched: Pick<Launched, 'csrf'>, given: unknown): boolean =>
  typeof given === 'string' && timingSafeEqual(digest(given), digest(launched.csrf));
