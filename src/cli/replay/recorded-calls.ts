import { readFileSync } from 'node:fs';
import type { CallRecord } from 'toolfuse';
import { UsageError } from '../../proxy/options/usage-error.ts';
import { checkCallRecord } from '../../testing/replay-calls.ts';

/** What the files of a record hold. */
export interface RecordedCalls {
  /** By the registry that recorded them; '' where it has no name. */
  readonly byRegistry: ReadonlyMap<string, readonly CallRecord[]>;
  /** How many calls the recorder left out, because the disk did not keep up. */
  readonly dropped: number;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${JSON.stringify(path)} cannot be read: ${(error as Error).message}`);
  }
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new UsageError(`${where} is no line of a record: it is not JSON`);
  }
}

/**
 * Reads files that `toolfuse mcp --record` or `recordCalls` wrote. The last line may still be written: without its end it is
 * passed over.
 *
 * @throws UsageError that names the file, the line and the field.
 */
export function readRecords(paths: readonly string[]): RecordedCalls {
  const byRegistry = new Map<string, CallRecord[]>();
  let dropped = 0;
  for (const path of paths) {
    const lines = textOf(path).split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const where = `${path}:${index + 1}`;
      const record = parsed(line, where);
      const missing = (record as { dropped?: unknown } | null)?.dropped;
      if (typeof missing === 'number') {
        dropped += missing;
        continue;
      }
      try {
        checkCallRecord(record, where);
      } catch (error) {
        throw new UsageError((error as Error).message);
      }
      const { registry = '' } = record;
      const calls = byRegistry.get(registry);
      if (calls === undefined) byRegistry.set(registry, [record]);
      else calls.push(record);
    }
  }
  return { byRegistry, dropped };
}
