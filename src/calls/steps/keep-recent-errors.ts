import type { RecentErrors } from '../../telemetry/recent-errors.ts';
import type { CallStep } from './call-step.ts';

/** Keeps the most recent counted failures, to show to the user who decides whether the agent goes on. */
export const keepRecentErrors = (errors: RecentErrors): CallStep => ({
  blamed: (failure) => errors.add(failure),
});
