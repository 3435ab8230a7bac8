import { createToolRegistry, type PersistedRegistry, type ToolRegistry } from 'toolfuse';
import type { GuardedEvent, HookAnswer, HookInput } from '../../claude-agent/hook-types.ts';
import { guardedEvents } from '../../claude-agent/hook-types.ts';
import { serverOf } from '../../claude-agent/server-of.ts';
import { toolfuseHooks } from '../../claude-agent/toolfuse-hooks.ts';
import type { HookDocument, OpenCall } from './hook-file.ts';
import type { HookOptions } from './hook-options.ts';

interface Decision {
  readonly document: HookDocument;
  readonly value: HookAnswer;
}

/** A probe that says nothing for this long has failed to say how it ended, in ms. Then another call may be the probe. */
const probeMs = 60_000;

/** How many circuits are kept. */
const maxKept = 1_000;

/** Answers an event by the hooks of the Claude Agent SDK, on circuits that an earlier process has left. */
export async function decide(
  document: HookDocument,
  input: HookInput,
  options: HookOptions,
  now: number = Date.now(),
): Promise<Decision> {
  const { failureThreshold, minBackoffMs, maxBackoffMs, match, onPause } = options;
  const registry = restored(document, { failureThreshold, minBackoffMs, maxBackoffMs });
  try {
    const hooks = toolfuseHooks({ registry, match, onPause });
    const fire = async (event: GuardedEvent, given: HookInput): Promise<HookAnswer> => {
      const [answer = {}] = await Promise.all(
        hooks[event].flatMap((each) => each.hooks).map((hook) => hook(given)),
      );
      return answer;
    };
    const calls = new Map(
      Object.entries(document.calls).filter(([, { at }]) => at <= now && now - at < probeMs),
    );
    // Their places are taken, as they were in the process that let them through.
    for (const [id, call] of calls) await fire('PreToolUse', inputOf(id, call));
    const answer = await answerOf(input, { registry, calls, fire, now });
    const circuits = kept(registry);
    const isPaused = answer.continue === false;
    // A user who goes on after a pause has heard of it.
    const isPauseTold = isPaused || (document.isPauseTold && registry.recovery().isPaused);
    return {
      document: { ...document, registry: circuits, calls: Object.fromEntries(calls), isPauseTold },
      value: isPaused && document.isPauseTold ? {} : answer,
    };
  } finally {
    registry.stop();
  }
}

interface Answering {
  readonly registry: ToolRegistry;
  /** The probes under way. */
  readonly calls: Map<string, OpenCall>;
  readonly fire: (event: GuardedEvent, input: HookInput) => Promise<HookAnswer>;
  readonly now: number;
}

async function answerOf(input: HookInput, { registry, calls, fire, now }: Answering): Promise<HookAnswer> {
  const event = guardedEvents.find((each) => each === input.hook_event_name);
  if (event === undefined) return {};
  if (event === 'PostToolBatch') {
    const ended = Array.isArray(input.tool_calls) ? input.tool_calls : [];
    for (const call of ended) calls.delete(String((call as { tool_use_id?: unknown } | null)?.tool_use_id));
    return fire(event, input);
  }
  const id = String(input.tool_use_id);
  const tool = String(input.tool_name);
  const server = serverOf(input, tool);
  if (event === 'PreToolUse') {
    const answer = await fire(event, input);
    if (answer.hookSpecificOutput === undefined) calls.set(id, { tool, server, at: now });
    return answer;
  }
  if (!calls.has(id)) {
    const isClosed = [tool, server].every((name) => name === undefined || registry.state(name) === 'closed');
    // It was let through before the circuit opened: what becomes of it says nothing about now.
    if (!isClosed) return {};
    await fire('PreToolUse', input);
  }
  calls.delete(id);
  return fire(event, input);
}

const inputOf = (id: string, { tool, server }: OpenCall): HookInput => ({
  tool_name: tool,
  tool_use_id: id,
  ...(server !== undefined && { mcp_server: { name: server } }),
});

/** Circuits that cannot be restored are forgotten: a hook must not fail for that. */
function restored({ registry }: HookDocument, circuit: object): ToolRegistry {
  try {
    return createToolRegistry({ circuit, ...(registry !== null && { restore: registry }) });
  } catch {
    return createToolRegistry({ circuit });
  }
}

/** The circuits that are not as good as new. */
function kept(registry: ToolRegistry): PersistedRegistry {
  const document = JSON.parse(registry.persist()) as PersistedRegistry;
  const circuits = document.circuits.filter(
    ({ state, failureCount, backoffStep }) => state !== 'closed' || failureCount > 0 || backoffStep > 0,
  );
  return { ...document, circuits: circuits.slice(-maxKept) };
}
