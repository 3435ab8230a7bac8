export { type Replay, type ReplayCounts, replayCalls } from './replay-calls.ts';
export { type InstalledTestClock, installTestClock, TestClock, type TestClockOptions } from './test-clock.ts';
