import type { KnownActor } from './known-actor.ts';
import type { ActorNews, PauseNews, RunNews, ToolNews, WindowNews } from './protocol.ts';
import { stateValue } from './state-text.ts';

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 500) : null);

const numberOrNull = (value: unknown): number | null => (Number.isFinite(value) ? (value as number) : null);

/** The window of a trip strategy of this library; null for any other strategy. */
function windowNews(trip: unknown, memory: unknown): WindowNews | null {
  const limits = fieldsOf(fieldsOf(trip).limits);
  if (typeof limits.minCalls !== 'number') return null;
  const { calls, failures, slow } = fieldsOf(memory);
  return {
    calls: numberOf(calls),
    failures: numberOf(failures),
    slow: numberOf(slow),
    minCalls: limits.minCalls,
    failureRate: numberOf(limits.failureRate),
    slowCallRate: numberOf(limits.slowCallRate),
  };
}

function toolNews({ name, snapshot, outcomes }: KnownActor): ToolNews {
  const context = fieldsOf(snapshot?.context);
  const config = fieldsOf(context.config);
  return {
    tool: textOf(context.tool) ?? name,
    key: textOf(context.key),
    failures: numberOf(context.failureCount),
    threshold: numberOf(config.failureThreshold),
    opens: numberOf(context.openCount),
    denials: numberOf(context.deniedRequests),
    lastError: textOf(context.lastErrorCategory),
    outcomes,
    isolatedBy: textOf(context.isolatedBy),
    probesInFlight: numberOf(context.probesInFlight),
    probeSuccesses: numberOf(context.probeSuccesses),
    successThreshold: numberOf(config.successThreshold),
    maxProbes: numberOrNull(config.halfOpenMaxProbes),
    window: windowNews(config.trip, context.tripMemory),
  };
}

function runNews(actor: KnownActor): RunNews {
  const { name, snapshot, source } = actor;
  const context = fieldsOf(snapshot?.context);
  const config = fieldsOf(context.config);
  const loop = fieldsOf(context.loop);
  const endings = Array.isArray(loop.endings) ? loop.endings : [];
  return {
    run: textOf(context.run) ?? name,
    loop:
      context.loop === null || context.loop === undefined
        ? null
        : {
            kind: textOf(loop.kind) ?? '',
            tool: textOf(loop.tool) ?? '',
            count: numberOf(loop.count),
            endings: endings.slice(0, 3).flatMap((ending) => {
              const words = textOf(ending);
              return words === null ? [] : (source.showWords?.(words, actor) ?? words);
            }),
          },
    warned: numberOf(context.warned),
    denied: numberOf(context.denied),
    warnAfter: numberOf(config.warnAfter),
    denyAfter: numberOf(config.denyAfter),
    stopAfter: numberOf(config.stopAfter),
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

/** An actor as the page shows it. Only counters, names, categories, the reason of a pause and the words that a run repeats are taken from its context. */
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
    since: actor.spans.latest?.at ?? null,
    goneAt: actor.goneAt,
    tool: kind === 'circuit' ? toolNews(actor) : null,
    run: kind === 'run' ? runNews(actor) : null,
    pause: kind === 'registry' ? pauseNews(actor) : null,
    isControlled: controls && source.send !== undefined && actor.goneAt === null,
  };
}
