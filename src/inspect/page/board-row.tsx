import type { BoardRow } from './board-list.ts';
import { indentPx } from './board-row-height.ts';
import { nextTimer } from './countdown.tsx';
import { Failures } from './failures.tsx';
import type { Actor } from './feed.ts';
import { Calls, Errors, LatencyText } from './figures.tsx';
import { FoldButton } from './fold-button.tsx';
import { Lane } from './lane.tsx';
import { isNarrow } from './narrow.ts';
import { NextAttempt } from './next-attempt.tsx';
import { isGone, Reason } from './reason-line.tsx';
import { RegistryLine } from './registry-strip.tsx';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { Card } from './tool-card.tsx';
import { factsOf } from './upstream.ts';
import { clock, eventWords } from './words.ts';

const since = ({ since: at }: Actor): string | undefined => (at === null ? undefined : `since ${clock(at)}`);

/** The cells of a row beside its state and its name. */
function Figures({ actor }: { actor: Actor }) {
  const { tool } = actor;
  const facts = factsOf(actor);
  const timer = nextTimer(actor.timers);
  return (
    <>
      <span role="cell" class="cell history">
        <Lane actor={actor} />
      </span>
      <span role="cell" class="cell rate">
        {facts && <Calls facts={facts} />}
      </span>
      <span role="cell" class="cell share">
        {facts && <Errors share={facts.errorShare} />}
      </span>
      <span role="cell" class="cell times">
        {facts && <LatencyText latency={facts.latency} />}
      </span>
      <span role="cell" class="cell failures-cell">
        {tool && <Failures failures={tool.failures} threshold={tool.threshold} />}
      </span>
      <span role="cell" class="cell denials">
        {tool !== null && tool.denials > 0 && tool.denials.toLocaleString('en')}
      </span>
      <span role="cell" class="cell recovery" title={timer && eventWords(timer.event)}>
        <NextAttempt actor={actor} />
      </span>
    </>
  );
}

interface RowOptions {
  readonly row: BoardRow & { kind: 'tool' };
  /** Somebody scrolls past it, and cannot read figures. */
  readonly isBrief: boolean;
}

function Row({ row, isBrief }: RowOptions) {
  const { actor, depth } = row;
  const { state, kind, name } = actor;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={isGone(actor) ? 'tool-row is-gone' : 'tool-row'}
      role="presentation"
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="cell state" title={since(actor)}>
        <StateBadge kind={kind} state={state} />
      </span>
      <span role="cell" class="cell name" style={{ paddingLeft: `${depth * indentPx}px` }}>
        <span class="line">
          <button type="button" class="plain" title={`${name}: its statechart`}>
            {name}
          </button>
          <FoldButton row={row} />
        </span>
        <Reason actor={actor} />
      </span>
      {!isBrief && <Figures actor={actor} />}
    </div>
  );
}

/** The head of a tool of which only circuits with keys exist. */
function KeysRow({ row }: { row: BoardRow & { kind: 'keys' } }) {
  return (
    <div class="keys-row" role="presentation">
      <span role="cell" class="name">
        <strong>{row.name}</strong> <FoldButton row={row} />
      </span>
    </div>
  );
}

/** A row of the board, whatever stands in it. */
export function AnyRow({ row, isBrief }: { row: BoardRow; isBrief: boolean }) {
  if (row.kind === 'group') {
    return (
      <div class="group-row" role="presentation">
        <span role="cell">
          <RegistryLine registry={row.actor} count={row.count} />
        </span>
      </div>
    );
  }
  if (row.kind === 'keys') return <KeysRow row={row} />;
  return isNarrow.value ? <Card row={row} isBrief={isBrief} /> : <Row row={row} isBrief={isBrief} />;
}
