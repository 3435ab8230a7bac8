import type { LaneNews } from '../protocol.ts';
import type { Actor } from './feed.ts';
import { useLane } from './lanes.ts';
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

type Shown = LaneNews & { readonly until: number; readonly ms: number };

/** The lane in words: how often it was in each state, and how many calls failed. */
function wordsOf({ spans, calls, ms }: Shown, kind: string): string {
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

function Drawing({ lane, kind }: { lane: Shown; kind: string }) {
  const from = lane.until - lane.ms;
  const x = (at: number): number => Math.max(0, ((at - from) / lane.ms) * width);
  const most = Math.max(1, ...lane.calls.map(({ split }) => split.reduce((sum, each) => sum + each, 0)));
  return (
    <>
      {lane.calls.map(({ at, ms, split }) => {
        let y = callsHeight;
        const left = x(at);
        const wide = Math.max(1.5, (ms / lane.ms) * width - 2);
        return layers.map(([index, name]) => {
          const calls = split[index] ?? 0;
          if (calls === 0) return null;
          // Even one call among many is to be seen.
          const high = Math.max(1.5, (calls / most) * (callsHeight - 2));
          y -= high;
          return (
            <rect key={`${at} ${name}`} class={name} x={left} y={Math.max(0, y)} width={wide} height={high} />
          );
        });
      })}
      {lane.spans.map(({ state, from: begins, to }) => (
        <rect
          key={begins}
          class={`span look-${lookOf(kind, state).look}`}
          x={x(begins)}
          y={lookOf(kind, state).look === 'closed' ? bandY + 3 : bandY}
          width={Math.max(2, x(to) - x(begins))}
          height={lookOf(kind, state).look === 'closed' ? 2 : bandHeight}
        />
      ))}
    </>
  );
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
        {lane !== undefined && <Drawing lane={lane} kind={actor.kind} />}
      </svg>
    </span>
  );
}
