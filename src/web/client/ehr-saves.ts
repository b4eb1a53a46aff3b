import { useEffect } from 'htm/preact';
import type { SeenCall } from '../../sandbox/ehr/wire.ts';
import type { Calls } from './ehr-calls.ts';

/** So often it is looked whether the worksheet has saved. */
const LOOK_MS = 1_500;

/** Did a worksheet save answers with this call? */
const isSave = (c: SeenCall): boolean =>
  c.exchange === undefined &&
  (c.method === 'POST' || c.method === 'PUT') &&
  /^\/QuestionnaireResponse(\/[^_?]|$|\?)/.test(c.path) &&
  (c.status === 200 || c.status === 201);

/**
 * How often a worksheet has saved answers to a patient's chart.
 * @param from the number of the call after which it is counted
 * @param watching a worksheet is open: the page looks now and then, and whenever it is looked at again
 */
export function useSaves(calls: Calls, patient: string, from: number, watching: boolean): number {
  useEffect(() => {
    if (!watching) return undefined;
    const look = (): void => {
      if (!document.hidden) calls.readTrace().catch(() => undefined);
    };
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [watching]);
  return calls.seen.filter((c) => c.n > from && c.patient === patient && isSave(c)).length;
}
