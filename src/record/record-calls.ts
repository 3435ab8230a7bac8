import { type ErrorCategory, isCounted } from '../../machines/categories.ts';
import { aText, checkFields, type Rules, show } from '../../machines/rule.ts';
import type { Denial } from '../calls/denial.ts';
import type { CallEnd, PassingCall } from '../calls/steps/call-step.ts';
import type { ToolRegistry } from '../registry/registry.ts';

/** One line of a record: a call, and how it ended. */
export interface CallRecord {
  /** When the call was asked for, in ms since 1970. */
  readonly at: number;
  /** The `name` of the recorded registry; left out if it has none. */
  readonly registry?: string;
  readonly tool: string;
  /** The target or tenant of the call; null for none. */
  readonly key: string | null;
  /** The circuit that the call needed in addition to the tool's own; null for none. */
  readonly upstream: string | null;
  /** How long it took, in ms; null if it was refused, or reported without a permit. */
  readonly durationMs: number | null;
  /** `ignored` failures do not count against the tool; `abandoned` calls were not made, or say nothing about the tool. */
  readonly outcome: 'success' | 'failure' | 'ignored' | 'cancelled' | 'answered' | 'abandoned' | 'refused';
  /** The category of the failure; of a refused call, that of the last counted failure. Null for none. */
  readonly category: ErrorCategory | null;
  /** Whether a failed call is known to have been answered, so that its upstream is up. */
  readonly roundTrip: boolean;
  /** Why it was refused; null for a call that was not. */
  readonly refused: Denial['reason'] | null;
  /** Whether it was a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Whether the circuit had changed its state during the call. */
  readonly late: boolean;
}

/** The required part of a writable stream of Node.js. */
export interface RecordStream {
  write(text: string): unknown;
  /** How many bytes were written and not taken yet. Default 0. */
  readonly writableLength?: number;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

/** Options of `recordCalls`. */
export interface RecordOptions {
  /** Tells several registries in one record apart. */
  readonly name?: string;
}

/** While the stream has more than this left to take, in bytes, calls are not recorded, but counted. */
const maxUnwrittenBytes = 2 ** 20;

const rules: Rules<keyof RecordOptions> = { name: aText };

function outcomeOf({ outcome, category }: CallEnd): CallRecord['outcome'] {
  if (outcome !== 'failure' || category === null || isCounted(category)) return outcome;
  return category === 'cancelled' ? category : 'ignored';
}

/**
 * Writes one line of JSON to a stream for each call that ends or is refused: a `CallRecord`. What a tool was called with, what
 * it answered, and the words of errors are never part of it.
 *
 * A stream that does not keep up costs no memory: lines are left out, and their number is written once it takes more:
 * `{"dropped":12}`. If the stream fails, that is printed, and nothing more is recorded.
 *
 * @example
 * const stop = recordCalls(registry, createWriteStream('calls.jsonl', { flags: 'a', mode: 0o600 }));
 *
 * @returns A function that stops recording. It leaves the stream open.
 * @throws TypeError for a stream without `write` or an unknown option, RangeError for an invalid value.
 */
export function recordCalls(
  registry: ToolRegistry,
  stream: RecordStream,
  options: RecordOptions = {},
): () => void {
  if (typeof (stream as RecordStream | null)?.write !== 'function') {
    throw new TypeError(`recordCalls: stream must be a writable stream, got ${show(stream)}`);
  }
  const { name } = checkFields<RecordOptions>(options, rules, 'options');
  const { wallNow } = registry.clock;
  let dropped = 0;

  function tell({ tool, key, upstream }: PassingCall, told: Partial<CallRecord>): void {
    if ((stream.writableLength ?? 0) > maxUnwrittenBytes) {
      dropped += 1;
      return;
    }
    const line = {
      at: Math.round(wallNow() - (told.durationMs ?? 0)),
      registry: name,
      tool,
      key,
      upstream,
      durationMs: null,
      outcome: 'refused',
      category: null,
      roundTrip: false,
      refused: null,
      probe: false,
      late: false,
      ...told,
    } satisfies { [Field in keyof CallRecord]: CallRecord[Field] | undefined };
    try {
      if (dropped > 0) stream.write(`${JSON.stringify({ dropped })}\n`);
      dropped = 0;
      stream.write(`${JSON.stringify(line)}\n`);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    stop();
    console.error('toolfuse: the record of calls cannot be written', error);
  }

  const stop = registry.intercept({
    timed: true,
    refused: (call, { reason, lastErrorCategory }) =>
      tell(call, { category: lastErrorCategory, refused: reason }),
    ended(call, end) {
      const { durationMs, category, roundTrip = false, probe, late } = end;
      tell(call, { durationMs, outcome: outcomeOf(end), category, roundTrip, probe, late });
    },
  });
  stream.on?.('error', fail);
  return stop;
}
