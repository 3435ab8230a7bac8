/**
 * What a run of an agent repeats: the same call with the same outcome, alone or in turn with up to three others; the same mistake with
 * one tool; and calls of tools that do not exist.
 */
export type LoopKind = 'sameCall' | 'sameMistake' | 'unknownTool' | 'inTurn';

/** A call that a run asks for. Of its input, only a fingerprint is known. */
export interface AskedCall {
  readonly tool: string;
  /** Null if the input is unknown. */
  readonly input: string | null;
}

/** A call of a run that has ended. */
export interface EndedCall extends AskedCall {
  /** `mistake`: of the caller. `unknownTool`: there is no such tool. `success` and `failure`: all others. */
  readonly ended: 'success' | 'failure' | 'mistake' | 'unknownTool';
  /** A fingerprint of the result, or of the words of the error; null if it is unknown, which never counts as a repetition. */
  readonly outcome: string | null;
  /** A fingerprint of the words of a mistake without what varies in them; null for any other ending. */
  readonly mistake: string | null;
  /** The words of the error, shortened; null for a success. */
  readonly said: string | null;
}

/** What is repeated, how often, and how it ended. */
export interface Loop {
  readonly kind: LoopKind;
  readonly tool: string;
  /** How often it has been repeated, refused calls included. */
  readonly count: number;
  /** The last different words with which it ended; empty if it succeeded each time. */
  readonly endings: readonly string[];
}

/** The same call with the same outcome. */
interface RepeatedCall extends AskedCall {
  readonly outcome: string;
  readonly count: number;
  readonly endings: readonly string[];
}

/** The same mistake with one tool. */
interface RepeatedMistake {
  readonly tool: string;
  readonly mistake: string;
  readonly count: number;
  /** Fingerprints of the inputs that led to it. */
  readonly inputs: readonly string[];
  readonly endings: readonly string[];
  /** Whether the last call of the tool was refused for it, so that a new attempt may be made. */
  readonly wasRefused: boolean;
  /** The number of the run's call in which it was last made. */
  readonly lastCall: number;
}

/** Calls of tools that do not exist. */
interface UnknownTools {
  readonly count: number;
  readonly names: readonly string[];
  readonly endings: readonly string[];
}

/** What a run has done lately. It is bounded, and holds nothing of inputs and results but fingerprints. */
export interface LoopMemory {
  /** How many calls have ended. */
  readonly calls: number;
  /** The calls since the last one that was new, each with the number of its repetitions. */
  readonly cycle: readonly RepeatedCall[];
  readonly mistakes: readonly RepeatedMistake[];
  readonly unknown: UnknownTools | null;
}

export const nothingRepeated: LoopMemory = Object.freeze({
  calls: 0,
  cycle: [],
  mistakes: [],
  unknown: null,
});

/** How many different calls can take turns. */
const longestCycle = 4;

/** After how many other calls a mistake is forgotten. */
const maxCallsBetween = 20;

const maxInputs = 16;
const maxEndings = 3;

/** A list with one more item at its end, without repetitions, and no longer than allowed. */
const withItem = <Item>(items: readonly Item[], item: Item | null, max: number): readonly Item[] =>
  item === null ? items : [...items.filter((each) => each !== item), item].slice(-max);

function cycleAfter(cycle: readonly RepeatedCall[], call: EndedCall): readonly RepeatedCall[] {
  const { tool, input, outcome, said } = call;
  // What cannot be compared may be new.
  if (input === null || outcome === null) return [];
  const known = cycle.find((each) => each.tool === tool && each.input === input);
  const fresh = { tool, input, outcome, count: 1, endings: withItem([], said, maxEndings) };
  // A result that has changed is progress, and so is a new call among repeated ones.
  if (known !== undefined && known.outcome !== outcome) return [fresh];
  if (known !== undefined) {
    const endings = withItem(known.endings, said, maxEndings);
    return cycle.map((each) => (each === known ? { ...known, count: known.count + 1, endings } : each));
  }
  return cycle.every(({ count }) => count === 1) ? [...cycle, fresh].slice(-longestCycle) : [fresh];
}

function mistakesAfter({ mistakes, calls }: LoopMemory, call: EndedCall): readonly RepeatedMistake[] {
  const { tool, input, mistake, said } = call;
  const recent = mistakes.filter(({ lastCall }) => calls - lastCall < maxCallsBetween);
  if (call.ended === 'success') return recent.filter((each) => each.tool !== tool);
  if (mistake === null) return recent;
  const isSame = (each: RepeatedMistake): boolean => each.tool === tool && each.mistake === mistake;
  const known = recent.find(isSame);
  const more: RepeatedMistake = {
    tool,
    mistake,
    count: (known?.count ?? 0) + 1,
    inputs: withItem(known?.inputs ?? [], input, maxInputs),
    endings: withItem(known?.endings ?? [], said, maxEndings),
    wasRefused: false,
    lastCall: calls + 1,
  };
  return [...recent.filter((each) => !isSame(each)), more];
}

function unknownAfter(unknown: UnknownTools | null, { ended, tool, said }: EndedCall): UnknownTools | null {
  if (ended !== 'unknownTool') return null;
  return {
    count: (unknown?.count ?? 0) + 1,
    names: withItem(unknown?.names ?? [], tool, maxInputs),
    endings: withItem(unknown?.endings ?? [], said, maxEndings),
  };
}

/** The memory after one more call has ended. */
export function memoryAfter(memory: LoopMemory, call: EndedCall): LoopMemory {
  return {
    calls: memory.calls + 1,
    cycle: call.ended === 'unknownTool' ? memory.cycle : cycleAfter(memory.cycle, call),
    mistakes: mistakesAfter(memory, call),
    unknown: unknownAfter(memory.unknown, call),
  };
}

const kindOfCycle = (cycle: readonly RepeatedCall[]): LoopKind =>
  cycle.filter(({ count }) => count > 1).length > 1 ? 'inTurn' : 'sameCall';

/** Everything that is repeated, most often first. */
function loopsOf({ cycle, mistakes, unknown }: LoopMemory, tool?: string): Loop[] {
  const isOfTool = (each: { readonly tool: string }): boolean => tool === undefined || each.tool === tool;
  const name = tool ?? unknown?.names.at(-1) ?? '';
  const kind = kindOfCycle(cycle);
  return [
    ...cycle.filter(isOfTool).map(({ tool, count, endings }) => ({ kind, tool, count, endings })),
    ...mistakes
      .filter(isOfTool)
      .map(({ tool, count, endings }) => ({ kind: 'sameMistake' as const, tool, count, endings })),
    ...(unknown?.names.includes(name)
      ? [{ kind: 'unknownTool' as const, tool: name, count: unknown.count, endings: unknown.endings }]
      : []),
  ].sort((one, other) => other.count - one.count);
}

/** What is repeated most often; null while nothing was done twice. */
export function worstLoop(memory: LoopMemory): Loop | null {
  const [worst] = loopsOf(memory);
  return worst !== undefined && worst.count > 1 ? worst : null;
}

/** What a call that has just ended repeats; null if it is new. */
export function loopOf(memory: LoopMemory, call: EndedCall): Loop | null {
  const [most] = loopsOf(
    {
      ...memory,
      cycle: call.ended === 'unknownTool' ? [] : onlyLast(memory.cycle, call),
      mistakes: memory.mistakes.filter(({ mistake }) => mistake === call.mistake),
    },
    call.tool,
  ).map((loop) => (loop.kind === 'sameCall' ? { ...loop, kind: kindOfCycle(memory.cycle) } : loop));
  return most !== undefined && most.count > 1 ? most : null;
}

const onlyLast = (cycle: readonly RepeatedCall[], { tool, input }: EndedCall): readonly RepeatedCall[] =>
  cycle.filter((each) => each.tool === tool && each.input === input);

/** What a call would repeat once too often; null if it may be made. */
export function refusedFor(memory: LoopMemory, { tool, input }: AskedCall, denyAfter: number): Loop | null {
  const { cycle, mistakes, unknown } = memory;
  if (unknown !== null && unknown.count >= denyAfter && unknown.names.includes(tool)) {
    return { kind: 'unknownTool', tool, count: unknown.count, endings: unknown.endings };
  }
  const same = cycle.find((each) => each.tool === tool && each.input === input);
  if (same !== undefined && same.count >= denyAfter) {
    return { kind: kindOfCycle(cycle), tool, count: same.count, endings: same.endings };
  }
  const mistake = mistakes.find((each) => each.tool === tool && isRefusedFor(each, input, denyAfter));
  if (mistake === undefined) return null;
  return { kind: 'sameMistake', tool, count: mistake.count, endings: mistake.endings };
}

/** An input that led to the mistake is refused; a new one only if the model was not refused just before: it may have learnt. */
const isRefusedFor = (
  { count, inputs, wasRefused }: RepeatedMistake,
  input: string | null,
  denyAfter: number,
): boolean => count >= denyAfter && (!wasRefused || inputs.some((each) => each === input));

/** The memory after a call was refused: a refused call counts. */
export function memoryAfterRefusal(memory: LoopMemory, asked: AskedCall, { kind }: Loop): LoopMemory {
  const { tool, input } = asked;
  const { cycle, mistakes, unknown } = memory;
  if (kind === 'unknownTool') {
    return { ...memory, unknown: unknown && { ...unknown, count: unknown.count + 1 } };
  }
  if (kind === 'sameMistake') {
    const most = Math.max(...mistakes.map((each) => (each.tool === tool ? each.count : 0)));
    return {
      ...memory,
      mistakes: mistakes.map((each) =>
        each.tool === tool && each.count === most
          ? { ...each, count: each.count + 1, wasRefused: true }
          : each,
      ),
    };
  }
  return {
    ...memory,
    cycle: cycle.map((each) =>
      each.tool === tool && each.input === input ? { ...each, count: each.count + 1 } : each,
    ),
  };
}
