import type { BoardRow } from './board-list.ts';
import { indentPx } from './board-row-height.ts';
import type { Actor } from './feed.ts';
import { FoldButton } from './fold-button.tsx';
import { Lane } from './lane.tsx';
import { NextAttempt } from './next-attempt.tsx';
import { isGone, Reason } from './reason-line.tsx';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { factsOf } from './upstream.ts';
import { percent, rate, took } from './words.ts';

/** The figures of a card, in words. */
function cardFigures(actor: Actor): string[] {
  const { tool } = actor;
  const facts = factsOf(actor);
  return [
    ...(facts === undefined ? [] : [facts.perMinute === 0 ? 'no calls' : rate(facts.perMinute)]),
    ...(facts?.errorShare == null ? [] : [`${percent(facts.errorShare)} errors`]),
    ...(facts?.latency == null ? [] : [`p95 ${took(facts.latency.p95)}`]),
    ...(tool === null ? [] : [`${tool.failures}/${tool.threshold} failures`]),
    ...(tool === null || tool.denials === 0 ? [] : [`${tool.denials.toLocaleString('en')} denied`]),
  ];
}

/** A row of a narrow window. */
export function Card({ row, isBrief }: { row: BoardRow & { kind: 'tool' }; isBrief: boolean }) {
  const { actor, depth } = row;
  const { state, kind, name } = actor;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={isGone(actor) ? 'tool-card is-gone' : 'tool-card'}
      role="presentation"
      style={{ marginLeft: `${Math.min(depth, 2) * indentPx}px` }}
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="state">
        <StateBadge kind={kind} state={state} />
        <FoldButton row={row} />
        <span class="push" />
        {!isBrief && <NextAttempt actor={actor} />}
      </span>
      <span role="cell" class="name">
        <button type="button" class="plain">
          {name}
        </button>
      </span>
      <span role="cell" class="why">
        <Reason actor={actor} />
      </span>
      <span role="cell" class="history">
        {!isBrief && <Lane actor={actor} />}
      </span>
      <span role="cell" class="card-figures">
        {!isBrief && cardFigures(actor).map((words) => <span key={words}>{words}</span>)}
      </span>
    </div>
  );
}
