import { vi } from 'vitest';
import { hungMs } from './hung.ts';

/** Waits until a check passes, and moves fake timers on meanwhile. */
export const waitFor = (check: () => unknown): Promise<unknown> => vi.waitFor(check, hungMs);
