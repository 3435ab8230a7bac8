import type { Loop, LoopKind } from '../../../machines/loop-memory.ts';

/** What a model is told when it repeats itself, to be added to the answer of its last call. */
export interface Correction {
  /** The run that repeats itself. */
  readonly run: string;
  readonly tool: string;
  readonly kind: LoopKind;
  /** How often it has repeated itself. */
  readonly count: number;
  /** One paragraph for the model. */
  readonly text: string;
}

const whatIsRepeated = ({ kind, tool, count }: Loop): string => {
  switch (kind) {
    case 'sameCall':
      return `"${tool}" has been called ${count} times with the same arguments`;
    case 'inTurn':
      return `The same calls have been made in turn, and "${tool}" ${count} times with the same arguments`;
    case 'sameMistake':
      return `"${tool}" has been called ${count} times with the same mistake`;
    case 'unknownTool':
      return `Tools that do not exist, such as "${tool}", have been called ${count} times in a row`;
  }
};

const advice: Record<LoopKind, string> = {
  sameCall:
    'The same call will end in the same way. Use what it has told you already, call it with other arguments, or do something else.',
  inTurn:
    'Nothing has changed between these calls. Do something else, or say what you need in order to go on.',
  sameMistake:
    "Read the tool's schema and the words of the error before the next call, correct all of the arguments at once, or do without this tool.",
  unknownTool: 'Use only the names in the list of tools, or do without.',
};

const howItEnded = ({ endings }: Loop): string => {
  const [first] = endings;
  if (first === undefined) return 'and each time the result was the same';
  if (endings.length === 1) return `and each time it ended with: ${first}`;
  return `and it ended with: ${endings.join(' | ')}`;
};

/** What was repeated, how it ended each time, and what to do instead. */
const sentences = (loop: Loop): string =>
  `${whatIsRepeated(loop)}, ${howItEnded(loop)}. ${advice[loop.kind]}`;

/** The correction for an answer. */
export const correctionOf = (run: string, loop: Loop): Correction => ({
  run,
  tool: loop.tool,
  kind: loop.kind,
  count: loop.count,
  text: `You are repeating yourself. ${sentences(loop)}`,
});

/** The words in which a repeated call is refused. */
export const refusalWords = (loop: Loop): string => `The call did not run. ${sentences(loop)}`;

/** The last part of them, as data. */
export const refusalAdvice = ({ kind }: Loop): string => advice[kind];
