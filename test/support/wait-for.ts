import { vi } from 'vitest';
import { hungMs } from './hung.ts';

/** Waits until a check passes. Unlike `expect.poll`, it moves fake timers on meanwhile. */
export const waitFor = (check: () => unknown): Promise<unknown> => vi.waitFor(check, hungMs);
