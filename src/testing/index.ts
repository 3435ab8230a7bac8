export { type InstalledTestClock, installTestClock, TestClock, type TestClockOptions } from './test-clock.ts';
