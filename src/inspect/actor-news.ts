import type { KnownActor } from './known-actor.ts';
import type { ActorNews, PauseNews, ToolNews } from './protocol.ts';
import { stateValue } from './state-text.ts';

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 500) : null);

function toolNews({ snapshot, outcomes, upstream }: KnownActor): ToolNews {
  const context = fieldsOf(snapshot?.context);
  return {
    failures: numberOf(context.failureCount),
    threshold: numberOf(fieldsOf(context.config).failureThreshold),
    opens: numberOf(context.openCount),
    denials: numberOf(context.deniedRequests),
    lastError: textOf(context.lastErrorCategory),
    outcomes,
    upstream,
  };
}

function pauseNews({ snapshot }: KnownActor): PauseNews {
  const context = fieldsOf(snapshot?.context);
  return {
    reason: textOf(context.pauseReason),
    openCount: numberOf(context.openCount),
    maxOpen: numberOf(fieldsOf(context.config).maxOpenCircuits),
  };
}

/** An actor as the page shows it. Only counters, a category and the reason of a pause are taken from its context. */
export function actorNews(actor: KnownActor, controls: boolean): ActorNews {
  const { id, name, parent, kind, chart, state, snapshot, status, timers, source } = actor;
  return {
    id,
    name,
    parent,
    kind,
    chart,
    state,
    value: stateValue(snapshot?.value),
    status,
    timers,
    tool: kind === 'circuit' ? toolNews(actor) : null,
    pause: kind === 'registry' ? pauseNews(actor) : null,
    isControlled: controls && source.send !== undefined,
  };
}
