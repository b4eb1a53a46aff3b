import { describe, expect, it } from 'vitest';
import { databaseGone, diskFull, fhirGone, killedUnderLoad, locked, type Report } from './scenarios.ts';

const LONG = 180_000;

/** What holds whatever fails. @returns the report */
function holds(report: Report): Report {
  expect(report.answered).toBeGreaterThan(0);
  expect(report).toMatchObject({ otherStatus: 0, wrongCards: 0, acknowledgedLost: 0, recovered: true });
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.countedLost).toBe(report.saidLost);
  return report;
}

/** A store that failed while calls went on: what was said to be on its way was stored when it came back, the rest was counted. */
function storedLate(report: Report): Report {
  const { pending, pendingStored, saidUnseen } = holds(report);
  expect(pending).toBeGreaterThan(0);
  expect(pendingStored).toBe(pending);
  expect(saidUnseen).toBe(0);
  return report;
}

describe('no acknowledged record is lost, no card is wrong, and nobody has to lend a hand', () => {
  it(
    'when the process is killed under load',
    async () => {
      const { answered, acknowledged, saidUnseen } = holds(await killedUnderLoad(2, 80));
      expect(answered).toBeGreaterThanOrEqual(160);
      expect(acknowledged).toBeGreaterThan(20);
      expect(saidUnseen).toBe(0);
    },
    LONG,
  );

  it(
    'when the FHIR server hangs, dies in the middle of calls, stays away and comes back',
    async () => {
      const { saidUnseen, acknowledged, answered } = holds(await fhirGone(16));
      expect(saidUnseen).toBeGreaterThanOrEqual(16);
      expect(acknowledged).toBe(answered);
    },
    LONG,
  );

  it(
    'when the disk is full, for so long that no more records can wait',
    async () => {
      const { saidLost } = storedLate(await diskFull('file size limit', { calls: 5, overflow: true }));
      expect(saidLost).toBeGreaterThan(0);
    },
    LONG,
  );

  it.each(['at the start', 'under load'] as const)(
    'when another process has the store for itself %s',
    async (when) => void storedLate(await locked(when, { calls: 5, overflow: false })),
    LONG,
  );

  it(
    'when the PostgreSQL server crashes',
    async () => void storedLate(await databaseGone({ calls: 5, overflow: false })),
    LONG,
  );
});
