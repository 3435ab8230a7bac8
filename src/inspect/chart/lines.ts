import type { ChartTransition } from './chart-model.ts';
import type { Measure, TextStyle } from './measure.ts';
import type { PlannedState } from './plan.ts';
import { triggerWords } from './trigger.ts';

/** A part of a line of text with its own style. */
export interface ChartRun {
  readonly kind: 'trigger' | 'guard' | 'action';
  readonly text: string;
}

/** A line of text, and the transitions that it describes. */
export interface ChartLine {
  readonly runs: readonly ChartRun[];
  readonly transitions: readonly string[];
}

/** `plain` shows events and guards, and transitions that change no state by their event alone. `full` shows everything. */
export type ChartDetail = 'plain' | 'full';

/** The width at which lines are wrapped, in px; a longer word is not broken. */
const maxLineWidth = 210;

export const lineText = (runs: readonly ChartRun[]): string => runs.map(({ text }) => text).join(' ');

/** The width of the widest of some lines. */
export const widest = (lines: readonly ChartLine[], style: TextStyle, measure: Measure): number =>
  Math.max(0, ...lines.map(({ runs }) => measure(lineText(runs), style)));

const plus = (runs: readonly ChartRun[], { kind, text }: ChartRun): ChartRun[] => {
  const last = runs.at(-1);
  return last?.kind === kind
    ? [...runs.slice(0, -1), { kind, text: `${last.text} ${text}` }]
    : [...runs, { kind, text }];
};

/** Wraps a line that is too long: before a run that does not fit, or else between words. */
function broken({ runs, transitions }: ChartLine, style: TextStyle, measure: Measure): ChartLine[] {
  const lines: ChartRun[][] = [[]];
  const put = (piece: ChartRun): void => {
    const current = lines.at(-1) ?? [];
    const longer = plus(current, piece);
    if (current.length === 0 || measure(lineText(longer), style) <= maxLineWidth)
      lines[lines.length - 1] = longer;
    else lines.push([piece]);
  };
  for (const { kind, text } of runs) {
    if (measure(text, style) <= maxLineWidth) put({ kind, text });
    else for (const word of text.split(' ')) put({ kind, text: word });
  }
  return lines.map((each) => ({ runs: each, transitions }));
}

const runsOf = (
  triggers: readonly string[],
  guard: string | null,
  actions: readonly string[],
): ChartRun[] => [
  { kind: 'trigger', text: triggers.join(', ') },
  ...(guard === null ? [] : [{ kind: 'guard' as const, text: `[${guard}]` }]),
  ...(actions.length === 0 ? [] : [{ kind: 'action' as const, text: `/ ${actions.join(', ')}` }]),
];

/** Groups values by a key, in the order of each key's first value. */
function groupedBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Value[][] {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

/** One line for transitions that differ in one part only; the parts that differ are merged into a list. */
const mergedLine = (
  transitions: readonly ChartTransition[],
  guard: string | null,
  actions: readonly string[],
) => ({
  runs: runsOf(unique(transitions.map(({ trigger }) => triggerWords(trigger))), guard, actions),
  transitions: transitions.map(({ id }) => id),
});

/** The lines of transitions between the same states: one for each guard, and for each list of actions if those are shown. */
export function mergedLines(transitions: readonly ChartTransition[], detail: ChartDetail): ChartLine[] {
  const actionsOf = ({ actions }: ChartTransition): readonly string[] => (detail === 'full' ? actions : []);
  return groupedBy(transitions, (each) => JSON.stringify([each.guard, ...actionsOf(each)])).flatMap(
    (group) => {
      const [first] = group;
      return first === undefined ? [] : [mergedLine(group, first.guard, actionsOf(first))];
    },
  );
}

/** These lines, wrapped to the width of a label. */
export const labelLines = (
  transitions: readonly ChartTransition[],
  detail: ChartDetail,
  style: TextStyle,
  measure: Measure,
): ChartLine[] => mergedLines(transitions, detail).flatMap((line) => broken(line, style, measure));

/** The lines inside a state: its actions, and the transitions that do not change the state. */
export function rowLines(
  { inside, entry, exit, invokes }: PlannedState,
  detail: ChartDetail,
  style: TextStyle,
  measure: Measure,
): ChartLine[] {
  const does = (word: string, actions: readonly string[]): ChartLine[] =>
    actions.length === 0
      ? []
      : [
          {
            runs: [
              { kind: 'trigger', text: word },
              { kind: 'action', text: `/ ${actions.join(', ')}` },
            ],
            transitions: [],
          },
        ];
  const rows =
    detail === 'full'
      ? inside.map((each) => mergedLine([each], each.guard, each.actions))
      : groupedBy(inside, ({ trigger }) => triggerWords(trigger)).map((group) => mergedLine(group, null, []));
  return [
    ...(detail === 'full' ? does('entry', entry) : []),
    ...does('runs', invokes),
    ...rows,
    ...(detail === 'full' ? does('exit', exit) : []),
  ].flatMap((line) => broken(line, style, measure));
}
