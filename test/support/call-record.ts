import type { CallRecord } from 'toolfuse';
import type { ReplayCounts } from 'toolfuse/testing';

/** When the first recorded call is made, in ms since 1970. */
export const recordBegin = Date.UTC(2026, 0, 1);

/** A line of a record: a call of `search` that goes well, so many seconds after the record begins. */
export const callRecord = (second: number, given: Partial<CallRecord> = {}): CallRecord => ({
  at: recordBegin + 1_000 * second,
  tool: 'search',
  key: null,
  upstream: null,
  durationMs: 500,
  outcome: 'success',
  category: null,
  roundTrip: false,
  refused: null,
  probe: false,
  late: false,
  ...given,
});

/** What is counted where no call is replayed. */
export const noCounts: ReplayCounts = {
  calls: 0,
  failed: 0,
  opened: 0,
  refused: 0,
  spared: 0,
  sparedMs: 0,
  wasted: 0,
  unknown: 0,
};
