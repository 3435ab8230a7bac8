import type { ChartBox, ChartEdge, ChartLayout, ChartLine } from '../chart/index.ts';
import type { TimerNews } from '../protocol.ts';
import { lookOf } from './state-look.ts';
import { beat } from './store.ts';
import { span } from './words.ts';

/** The highlights of a chart. */
export interface Lit {
  /** The kind of the chart's actor; the states of our own kinds have colours. */
  readonly kind: string;
  readonly active: ReadonlySet<string>;
  /** The transitions taken last, and the event that caused them; a new event restarts their animation. */
  readonly taken: ReadonlyMap<string, number>;
  /** The transitions that the guards have refused at the last event, each with the numbers of its guard, if it has any. */
  readonly refused: ReadonlyMap<string, string>;
  /** The timers, by the state that they belong to. */
  readonly timers: ReadonlyMap<string, TimerNews>;
}

const titleHeight = 20;
const lineHeight = 15;
const baseline = 0.75;

const textOf = ({ runs }: ChartLine): string => runs.map(({ text }) => text).join(' ');
/** The numbers of the guard that has refused one of these transitions; empty if it has none, undefined if none was refused. */
const refusedFor = (lit: Lit, transitions: readonly string[]): string | undefined =>
  transitions.map((id) => lit.refused.get(id)).find((numbers) => numbers !== undefined);

/** The last event that caused one of these transitions, if any. */
const takenBy = (lit: Lit, transitions: readonly string[]): number | undefined =>
  transitions.map((id) => lit.taken.get(id)).find((seq) => seq !== undefined);

function Line({
  line,
  x,
  y,
  lit,
  anchor,
}: {
  line: ChartLine;
  x: number;
  y: number;
  lit: Lit;
  anchor?: 'middle';
}) {
  const event = takenBy(lit, line.transitions);
  const numbers = event === undefined ? refusedFor(lit, line.transitions) : undefined;
  return (
    <text
      key={event ?? 'still'}
      class={event !== undefined ? 'words is-taken' : numbers !== undefined ? 'words is-refused' : 'words'}
      x={x}
      y={y + lineHeight * baseline}
      text-anchor={anchor}
    >
      {line.runs.map(({ kind, text }, index) => (
        <tspan key={index} class={kind}>
          {index === 0 ? text : ` ${text}`}
        </tspan>
      ))}
    </text>
  );
}

/** The countdown of a state's delay, inside its box. */
function Timer({ box, timer }: { box: ChartBox; timer: TimerNews }) {
  const leftMs = Math.max(0, timer.dueAt - beat.value);
  const share = timer.delayMs === 0 ? 0 : Math.min(1, leftMs / timer.delayMs);
  const words = span(leftMs);
  const width = words.length * 6.6 + 14;
  const x = box.x + box.width - width / 2 - 8;
  return (
    <g class="timer" role="timer" aria-label={`${words} left`}>
      <rect
        class="rail"
        x={box.x + 8}
        y={box.y + box.height - 6}
        width={box.width - 16}
        height="3"
        rx="1.5"
      />
      <rect
        class="run"
        x={box.x + 8}
        y={box.y + box.height - 6}
        width={(box.width - 16) * share}
        height="3"
        rx="1.5"
      />
      <rect class="pill" x={x} y={box.y - 9} width={width} height="18" rx="9" />
      <text class="words" x={x + width / 2} y={box.y + 4} text-anchor="middle">
        {words}
      </text>
    </g>
  );
}

function Box({ box, lit }: { box: ChartBox; lit: Lit }) {
  const { id, kind, isFrame, depth, x, y, width, height, head, rows, title, description } = box;
  const active = lit.active.has(id);
  const timer = lit.timers.get(id);
  const isRound = kind === 'history' || kind === 'deepHistory' || kind === 'any';
  const titleTop = rows.length === 0 && !isFrame ? head.y + (head.height - titleHeight) / 2 : head.y + 9;
  const classes = [
    'state',
    kind,
    isFrame && 'frame',
    depth % 2 === 0 && 'even',
    active && `active look-${lookOf(lit.kind, id).look}`,
  ];
  const name = `state ${title}${active ? ', active' : ''}${rows.length > 0 ? `: ${rows.map(textOf).join(', ')}` : ''}`;
  return (
    <g class={classes.filter(Boolean).join(' ')} data-state={id} role="img" aria-label={name}>
      {description !== null && <title>{description}</title>}
      <rect
        class="outline"
        x={x}
        y={y}
        width={width}
        height={height}
        rx={isRound && rows.length === 0 ? height / 2 : 8}
      />
      {kind === 'final' && (
        <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="5" />
      )}
      <text
        class="title"
        x={head.x + head.width / 2}
        y={titleTop + titleHeight * baseline}
        text-anchor="middle"
      >
        {title}
      </text>
      {rows.map((row, index) => (
        <Line
          key={index}
          line={row}
          x={head.x + 14}
          y={titleTop + titleHeight + 4 + index * lineHeight}
          lit={lit}
        />
      ))}
      {timer && <Timer box={box} timer={timer} />}
    </g>
  );
}

function Edge({ edge, lit }: { edge: ChartEdge; lit: Lit }) {
  const { id, from, to, path, label, transitions } = edge;
  const event = takenBy(lit, transitions);
  const numbers = event === undefined ? refusedFor(lit, transitions) : undefined;
  const isRefused = numbers !== undefined;
  const name = `${isRefused ? `refused${numbers ? ` (${numbers})` : ''}, ` : ''}from ${from === '' ? 'any state' : from} to ${to}: ${label.lines.map(textOf).join(', ')}`;
  return (
    <g
      class={event !== undefined ? 'edge is-taken' : isRefused ? 'edge is-refused' : 'edge'}
      data-edge={id}
      role="img"
      aria-label={name}
    >
      <path class="line" d={path} marker-end="url(#arrow)" />
      {event !== undefined && (
        <path key={event} class="run" d={path} pathLength={1} marker-end="url(#arrow-taken)" />
      )}
      <rect class="paper" x={label.x} y={label.y} width={label.width} height={label.height} rx="4" />
      {label.lines.map((line, index) => (
        <Line
          key={index}
          line={line}
          x={label.x + label.width / 2}
          y={label.y + 2 + index * lineHeight}
          lit={lit}
          anchor="middle"
        />
      ))}
      {numbers && <Numbers words={numbers} x={label.x + label.width / 2} y={label.y + label.height} />}
    </g>
  );
}

/** The numbers that a guard has compared, below the label of its transition. */
function Numbers({ words, x, y }: { words: string; x: number; y: number }) {
  const width = words.length * 6.2 + 14;
  return (
    <g class="numbers">
      <rect x={x - width / 2} y={y} width={width} height="17" rx="8.5" />
      <text x={x} y={y + 12} text-anchor="middle">
        {words}
      </text>
    </g>
  );
}

function Arrows() {
  return (
    <defs>
      {['arrow', 'arrow-taken'].map((id) => (
        <marker
          key={id}
          id={id}
          viewBox="0 0 8 8"
          refX="7.5"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class={id} d="M0 .5 8 4 0 7.5Z" />
        </marker>
      ))}
    </defs>
  );
}

/** A chart with its highlights, as the content of an `<svg>`. */
export function ChartDrawing({ layout, lit }: { layout: ChartLayout; lit: Lit }) {
  const { boxes, edges, initials } = layout;
  return (
    <>
      <Arrows />
      {boxes
        .filter(({ isFrame }) => isFrame)
        .map((box) => (
          <Box key={box.id} box={box} lit={lit} />
        ))}
      {edges.map((edge) => (
        <Edge key={edge.id} edge={edge} lit={lit} />
      ))}
      {initials.map(({ state, x, y, to }) => (
        <g class="initial" key={state} aria-hidden="true">
          <circle cx={x} cy={y} r="4" />
          <path class="line" d={`M${x} ${y}H${to.x}`} marker-end="url(#arrow)" />
        </g>
      ))}
      {boxes
        .filter(({ isFrame }) => !isFrame)
        .map((box) => (
          <Box key={box.id} box={box} lit={lit} />
        ))}
    </>
  );
}
