import type { RecentErrors } from '../../telemetry/recent-errors.ts';
import type { CallStep } from './call-step.ts';

/** Keeps the last failures that counted, for the user who is asked whether to go on. */
export const keepRecentErrors = (errors: RecentErrors): CallStep => ({
  blamed: (failure) => errors.add(failure),
});
