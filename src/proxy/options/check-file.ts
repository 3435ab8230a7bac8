import { UsageError } from './usage-error.ts';

/** @throws UsageError for a file that cannot be written. */
export function checkFile(flag: string, path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new UsageError(`${flag} ${JSON.stringify(path)} cannot be written: ${(error as Error).message}`);
  }
}
