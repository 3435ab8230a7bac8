import { createToolRegistry, type Permit, type ToolRegistryOptions } from 'toolfuse';
import { errorCategoryNames } from '../../machines/categories.ts';
import {
  aText,
  checkValue,
  isPlainObject,
  oneOf,
  type Rule,
  show,
  trueOrFalse,
  zeroOrMore,
} from '../../machines/rule.ts';
import type { CallRecord } from '../record/record-calls.ts';
import { TestClock } from './test-clock.ts';

/** What would have become of recorded calls. */
export interface ReplayCounts {
  /** How many calls were replayed. Those that were refused when they were recorded are not among them. */
  readonly calls: number;
  /** How many of them failed, so that it counted against their tool. */
  readonly failed: number;
  /** How often a closed circuit would have opened. */
  readonly opened: number;
  /** How many calls would have been refused: those below, and others that neither succeeded nor counted as failures. */
  readonly refused: number;
  /** Refused calls that failed when they were made. */
  readonly spared: number;
  /** How long those had taken in total, in ms. */
  readonly sparedMs: number;
  /** Refused calls that went well when they were made. */
  readonly wasted: number;
  /** Calls that were refused when they were recorded: nobody knows how they would have ended, so they are left out. */
  readonly unknown: number;
}

/** The result of `replayCalls`. */
export interface Replay {
  readonly total: ReplayCounts;
  /** By the name of the tool. An upstream whose circuit opened is here, too. */
  readonly tools: ReadonlyMap<string, ReplayCounts>;
}

const outcomes = ['success', 'failure', 'ignored', 'cancelled', 'answered', 'abandoned', 'refused'] as const;

const orNull = ([must, holds]: Rule): Rule => [`${must}, or null`, (value) => value === null || holds(value)];

const rules: Readonly<Record<string, Rule>> = {
  registry: [`${aText[0]}, or left out`, (value) => value === undefined || aText[1](value)],
  at: ['a finite number', Number.isFinite],
  tool: aText,
  key: orNull(aText),
  upstream: orNull(aText),
  durationMs: orNull(zeroOrMore),
  outcome: oneOf(outcomes),
  category: orNull(oneOf(errorCategoryNames)),
  roundTrip: trueOrFalse,
};

/**
 * Checks one line of a record. Further fields are passed over.
 *
 * @param name Names the record in an error.
 * @throws TypeError for a value that is not an object, RangeError for a field that is not as `recordCalls` writes it.
 */
export function checkCallRecord(record: unknown, name: string): asserts record is CallRecord {
  if (!isPlainObject(record)) throw new TypeError(`${name} must be an object, got ${show(record)}`);
  for (const [field, rule] of Object.entries(rules)) checkValue(record[field], `${name}.${field}`, rule);
}

/** A call that is made again. */
interface Call {
  readonly record: CallRecord;
  /** Undefined before it begins, and where it is refused. */
  permit?: Permit;
}

/** A call begins or ends. A call that took no time does both at once. */
interface Moment {
  readonly at: number;
  readonly call: Call;
  readonly begins: boolean;
  readonly ends: boolean;
}

/** All begins and ends in the order of time. What ends at an instant does so before anything else begins. */
const momentsOf = (records: readonly CallRecord[]): Moment[] =>
  records
    .flatMap((record): Moment[] => {
      const { at, durationMs } = record;
      const call: Call = { record };
      if (!durationMs) return [{ at, call, begins: true, ends: true }];
      return [
        { at, call, begins: true, ends: false },
        { at: at + durationMs, call, begins: false, ends: true },
      ];
    })
    .sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins));

/** Ends a call as it had ended. */
function end({ permit, record: { outcome, category, roundTrip } }: Call): void {
  if (outcome === 'success') permit?.success();
  else if (outcome === 'answered') permit?.release({ roundTrip: true });
  else if (outcome === 'abandoned') permit?.release();
  else permit?.failure(category ?? undefined, { roundTrip });
}

type Tally = { -readonly [Name in keyof ReplayCounts]: number };

const nothing = (): Tally => ({
  calls: 0,
  failed: 0,
  opened: 0,
  refused: 0,
  spared: 0,
  sparedMs: 0,
  wasted: 0,
  unknown: 0,
});

/**
 * Makes recorded calls again, in simulated time, against circuits of other settings, and counts what they would have refused. It
 * says which settings suit your tools: `spared` is what they are good for, `wasted` what they cost.
 *
 * A refused call is left out as if it had never been made; what an agent would have done instead, nobody knows. Record with
 * `mode: 'observe'` to have every call in the record. Loops cannot be replayed: a record holds no inputs.
 *
 * @param records What `recordCalls` wrote, one object a line, in any order; of one registry.
 * @param options Those of `createToolRegistry`, but for the clock.
 * @throws TypeError or RangeError that names the record, the field and the value; as `createToolRegistry` for invalid options.
 *
 * @example
 * const lines = readFileSync('calls.jsonl', 'utf8').split('\n').filter((line) => line.startsWith('{"at"'));
 * const { total } = replayCalls(lines.map((line) => JSON.parse(line)), { circuit: { failureThreshold: 3 } });
 * console.log(`${total.spared} failures spared, ${total.wasted} good calls refused`);
 */
export function replayCalls(
  records: Iterable<CallRecord>,
  options: Omit<ToolRegistryOptions, 'clock'> = {},
): Replay {
  const tools = new Map<string, Tally>();
  const tallyOf = (tool: string): Tally => {
    const tally = tools.get(tool) ?? nothing();
    tools.set(tool, tally);
    return tally;
  };
  const made: CallRecord[] = [];
  let index = 0;
  for (const record of records) {
    checkCallRecord(record, `records[${index++}]`);
    if (record.outcome === 'refused') tallyOf(record.tool).unknown += 1;
    else made.push(record);
  }
  const moments = momentsOf(made);
  const start = moments[0]?.at ?? 0;
  const clock = new TestClock({ wallNow: start });
  const registry = createToolRegistry({ ...options, clock });
  registry.on('circuit.opened', ({ tool, from }) => {
    if (from === 'closed') tallyOf(tool).opened += 1;
  });

  function begin(call: Call): void {
    const { tool, key, upstream, outcome, durationMs } = call.record;
    const tally = tallyOf(tool);
    tally.calls += 1;
    if (outcome === 'failure') tally.failed += 1;
    const permit = registry.tryAcquire(tool, { key, ...(upstream !== null && { upstream }) });
    if (permit.admitted) {
      call.permit = permit;
      return;
    }
    tally.refused += 1;
    if (outcome === 'success') tally.wasted += 1;
    if (outcome !== 'failure') return;
    tally.spared += 1;
    tally.sparedMs += durationMs ?? 0;
  }

  for (const { at, call, begins, ends } of moments) {
    clock.advance(Math.max(0, at - start - clock.now()));
    if (begins) begin(call);
    if (ends) end(call);
  }
  registry.stop();
  const total = nothing();
  for (const tally of tools.values()) {
    for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
  }
  return { total, tools };
}
