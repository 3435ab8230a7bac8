import type { ChartTransition } from './chart-model.ts';
import type { Measure, TextStyle } from './measure.ts';
import type { PlannedState } from './plan.ts';
import { triggerWords } from './trigger.ts';

/** A part of a line, set in a way of its own. */
export interface ChartRun {
  readonly kind: 'trigger' | 'guard' | 'action';
  readonly text: string;
}

/** A line of text, and the transitions that it speaks of. */
export interface ChartLine {
  readonly runs: readonly ChartRun[];
  readonly transitions: readonly string[];
}

/** `plain`: events and guards, and what changes no state by its event alone. `full`: every transition, with actions. */
export type ChartDetail = 'plain' | 'full';

/** Lines are broken past this, in px; a word that is longer is not. */
const longestLine = 210;

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

/** Breaks a line where it is too long: before a run that does not fit, and else between words. */
function broken({ runs, transitions }: ChartLine, style: TextStyle, measure: Measure): ChartLine[] {
  const lines: ChartRun[][] = [[]];
  const put = (piece: ChartRun): void => {
    const current = lines.at(-1) ?? [];
    const longer = plus(current, piece);
    if (current.length === 0 || measure(lineText(longer), style) <= longestLine)
      lines[lines.length - 1] = longer;
    else lines.push([piece]);
  };
  for (const { kind, text } of runs) {
    if (measure(text, style) <= longestLine) put({ kind, text });
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

/** The values by a key, in the order in which each key came first. */
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

/** The lines of transitions that are taken alike: what differs is merged into one list. */
const mergedLine = (
  transitions: readonly ChartTransition[],
  guard: string | null,
  actions: readonly string[],
) => ({
  runs: runsOf(unique(transitions.map(({ trigger }) => triggerWords(trigger))), guard, actions),
  transitions: transitions.map(({ id }) => id),
});

/** What transitions between the same two states say: one line for those with the same guard, and the same actions if asked. */
export function mergedLines(transitions: readonly ChartTransition[], detail: ChartDetail): ChartLine[] {
  const actionsOf = ({ actions }: ChartTransition): readonly string[] => (detail === 'full' ? actions : []);
  return groupedBy(transitions, (each) => JSON.stringify([each.guard, ...actionsOf(each)])).flatMap(
    (group) => {
      const [first] = group;
      return first === undefined ? [] : [mergedLine(group, first.guard, actionsOf(first))];
    },
  );
}

/** The same, broken where it is too long for a label. */
export const labelLines = (
  transitions: readonly ChartTransition[],
  detail: ChartDetail,
  style: TextStyle,
  measure: Measure,
): ChartLine[] => mergedLines(transitions, detail).flatMap((line) => broken(line, style, measure));

/** What is written inside a state: what it does, and the transitions that leave it as it is. */
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
