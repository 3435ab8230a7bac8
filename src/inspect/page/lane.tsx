import type { Actor } from './feed.ts';
import { type ShownLane, useLane } from './lanes.ts';
import { lookOf } from './state-look.ts';
import { clock, count, span } from './words.ts';

const width = 600;
const height = 34;
/** The calls stand above the states. */
const callsHeight = 22;
const bandY = 26;
const bandHeight = 8;

/** The kinds of calls from the bottom up, as in the protocol's list. */
const layers = [
  [0, 'good'],
  [2, 'ignored'],
  [3, 'cancelled'],
  [1, 'bad'],
  [4, 'denied'],
] as const;

/** The lane in words: how often it was in each state, and how many calls failed. */
function wordsOf({ spans, calls, ms }: ShownLane, kind: string): string {
  const states = new Map<string, { times: number; ms: number }>();
  for (const { state, from, to } of spans) {
    const known = states.get(state) ?? { times: 0, ms: 0 };
    states.set(state, { times: known.times + 1, ms: known.ms + to - from });
  }
  const told = [...states].map(
    ([state, { times, ms: lasted }]) =>
      `${lookOf(kind, state).word} ${times === 1 ? '' : `${times} times, `}${span(lasted)}`,
  );
  const sum = (index: number): number => calls.reduce((total, { split }) => total + (split[index] ?? 0), 0);
  const ended = sum(0) + sum(1) + sum(2) + sum(3);
  const figures =
    ended + sum(4) === 0 ? [] : [`${count(ended, 'call')}, ${sum(1)} failed, ${sum(4)} refused`];
  return `last ${span(ms)}: ${[...told, ...figures].join('; ') || 'nothing is known'}`;
}

const box = (x: number, y: number, wide: number, high: number): string =>
  `M${x.toFixed(1)} ${y.toFixed(1)}h${wide.toFixed(1)}v${high.toFixed(1)}h-${wide.toFixed(1)}z`;

/**
 * The outlines of all boxes of a lane, by their class. One path for all boxes of a kind, since a node for each would be half of
 * the nodes of the board, and most of what it costs to scroll.
 */
function pathsOf({ until, ms, calls, spans }: ShownLane, kind: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const add = (name: string, outline: string): void =>
    void paths.set(name, (paths.get(name) ?? '') + outline);
  const x = (at: number): number => Math.max(0, ((at - until + ms) / ms) * width);
  const most = Math.max(1, ...calls.map(({ split }) => split.reduce((sum, each) => sum + each, 0)));
  for (const { at, ms: lasts, split } of calls) {
    let y = callsHeight;
    const wide = Math.max(1.5, (lasts / ms) * width - 2);
    for (const [index, name] of layers) {
      const some = split[index] ?? 0;
      if (some === 0) continue;
      // Even one call among many is to be seen.
      const high = Math.max(1.5, (some / most) * (callsHeight - 2));
      y -= high;
      add(name, box(x(at), Math.max(0, y), wide, high));
    }
  }
  for (const { state, from, to } of spans) {
    const { look } = lookOf(kind, state);
    const [y, high] = look === 'closed' ? [bandY + 3, 2] : [bandY, bandHeight];
    add(`span look-${look}`, box(x(from), y, Math.max(2, x(to) - x(from)), high));
  }
  return paths;
}

/** The last hours of an actor: its calls, and below them its states. */
export function Lane({ actor }: { actor: Actor }) {
  const lane = useLane(actor.id);
  const words = lane === undefined ? 'not known yet' : wordsOf(lane, actor.kind);
  return (
    <span
      class="lane-box"
      title={lane === undefined ? undefined : `${words}\nsince ${clock(lane.until - lane.ms)}`}
    >
      <svg
        class="lane"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <rect class="rail" y={bandY + 3.5} width={width} height="1" />
        {lane !== undefined &&
          [...pathsOf(lane, actor.kind)].map(([name, outline]) => (
            <path key={name} class={name} d={outline} />
          ))}
      </svg>
    </span>
  );
}
