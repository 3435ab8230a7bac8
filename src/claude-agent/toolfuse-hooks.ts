import { CircuitOpenError, type Permit, type ToolRegistry } from 'toolfuse';
import { aFunction, anObject, oneOf, type Rule, type Rules } from '../../machines/rule.ts';
import { resultFailure } from '../mcp/result-errors.ts';
import { aRun, type CircuitOptions, callCircuit } from '../tools/call-circuit.ts';
import { anUpstream, aRegistry, checkAdapterOptions } from '../tools/options.ts';
import { isObject } from '../tools/tool.ts';
import {
  type CorrectingEvent,
  type GuardedEvent,
  guardedEvents,
  type HookAnswer,
  type HookInput,
  type HookMatcher,
} from './hook-types.ts';
import { OpenPermits } from './open-permits.ts';
import { serverOf } from './server-of.ts';

/** Options of `toolfuseHooks`. `Hooks` is the type of your own hooks. */
export interface ToolfuseHooksOptions<Hooks extends object = object> extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /** Your own hooks. They stay as they are, and come first. */
  readonly hooks?: Hooks | undefined;
  /** What happens while the registry is paused. `stop` (default): the run ends, with the reason. `ignore`: nothing. */
  readonly onPause?: 'stop' | 'ignore' | undefined;
  /**
   * The circuit that the tools depend on in addition to their own, or a function that returns it for the name of a tool. Default:
   * the name of the tool's MCP server.
   */
  readonly upstream?: CircuitOptions['upstream'];
  /**
   * A regular expression for the whole names of the tools to guard. Default: `mcp__.*|WebFetch|WebSearch`. Local tools are left
   * out, because their failures are mostly those of what the model asked for, such as a command that exits with 1.
   */
  readonly match?: string | undefined;
}

/** The hooks of the guard, for the events that it listens to. */
export type ToolfuseHooks = Record<GuardedEvent, HookMatcher[]>;

const defaultMatch = 'mcp__.*|WebFetch|WebSearch';

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && value !== '' && wholeName(value) instanceof RegExp;
  } catch {
    return false;
  }
}

const wholeName = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

const aPattern: Rule = ['a regular expression, as a string', isPattern];

const rules: Rules<keyof ToolfuseHooksOptions> = {
  registry: aRegistry,
  hooks: anObject,
  onPause: oneOf(['stop', 'ignore']),
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
  match: aPattern,
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What tells runs apart: a session, or a subagent in it. */
const runIn = ({ session_id: session, agent_id: agent }: HookInput): string =>
  [text(session), text(agent)].filter(Boolean).join(' ');

/** What the model reads besides the answer of a call by which it repeats itself. */
function correctionFor(permit: Permit | undefined, hookEventName: CorrectingEvent): HookAnswer {
  const correction = permit?.correction;
  if (!correction) return noAnswer;
  return { hookSpecificOutput: { hookEventName, additionalContext: correction.text } };
}

const noAnswer: HookAnswer = Object.freeze({});

/** The listeners to the events of one guard. */
class HookGuard {
  readonly #registry: ToolRegistry;
  readonly #options: Partial<ToolfuseHooksOptions>;
  readonly #match: RegExp;
  readonly #open = new OpenPermits();

  constructor(options: Partial<ToolfuseHooksOptions> & { registry: ToolRegistry }) {
    this.#registry = options.registry;
    this.#options = options;
    this.#match = wholeName(options.match ?? defaultMatch);
  }

  /** A call is about to be made. It is refused, or else left to the user's permissions. */
  readonly PreToolUse = async (input: HookInput): Promise<HookAnswer> => {
    const tool = text(input.tool_name);
    const id = text(input.tool_use_id);
    if (!this.#match.test(tool) || id === '') return noAnswer;
    const { toolName, run, upstream = serverOf(input, tool) } = this.#options;
    const { name, needs } = callCircuit(
      { toolName, run, upstream },
      tool,
      input.tool_input,
      [input],
      runIn(input),
    );
    const permit = this.#registry.tryAcquire(name, needs);
    if (permit.admitted) {
      this.#open.add(id, permit);
      return noAnswer;
    }
    return {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason: new CircuitOpenError(permit).message,
      },
    };
  };

  readonly PostToolUse = async (input: HookInput): Promise<HookAnswer> => {
    const permit = this.#open.take(text(input.tool_use_id));
    permit?.success(input.tool_response);
    return correctionFor(permit, 'PostToolUse');
  };

  readonly PostToolUseFailure = async (input: HookInput): Promise<HookAnswer> => {
    const words = { isError: true, content: [{ type: 'text', text: text(input.error) }] };
    // All that the SDK says is a text, whether the tool or its server failed.
    const failure = input.is_interrupt === true ? 'cancelled' : resultFailure(words);
    const permit = this.#open.take(text(input.tool_use_id));
    permit?.failure(failure);
    return correctionFor(permit, 'PostToolUseFailure');
  };

  /** The user, or a rule of theirs, has forbidden the call. */
  readonly PermissionDenied = async (input: HookInput): Promise<HookAnswer> => {
    this.#open.take(text(input.tool_use_id))?.release();
    return noAnswer;
  };

  /** All calls of a turn have ended. */
  readonly PostToolBatch = async (input: HookInput): Promise<HookAnswer> => {
    const calls = Array.isArray(input.tool_calls) ? input.tool_calls : [];
    // Calls that another hook has forbidden, or whose end the SDK did not say.
    for (const call of calls) if (isObject(call)) this.#open.take(text(call.tool_use_id))?.release();
    if (this.#options.onPause === 'ignore') return noAnswer;
    // Only here does `continue: false` end the run before the model is asked again.
    const { isPaused, reason } = this.#registry.recovery();
    return isPaused ? { continue: false, stopReason: reason ?? '' } : noAnswer;
  };
}

/**
 * Makes hooks for the Claude Agent SDK that guard the tools of MCP servers, `WebFetch` and `WebSearch`. A refused call is denied
 * with a reason that the model reads. An allowed call gets no decision, so that the user's permissions still rule.
 *
 * Each MCP server has a circuit of its own, on which its tools depend.
 *
 * @example
 * for await (const message of query({ prompt, options: { hooks: toolfuseHooks({ registry }) } })) console.log(message);
 *
 * @throws TypeError for an unknown option or a missing registry, RangeError for an invalid value.
 */
export function toolfuseHooks<Hooks extends object = object>(
  options: ToolfuseHooksOptions<Hooks>,
): Hooks & ToolfuseHooks {
  const given = checkAdapterOptions<ToolfuseHooksOptions>(options, rules, 'toolfuseHooks');
  const guard = new HookGuard(given);
  const matcher = given.match ?? defaultMatch;
  const own: Readonly<Record<string, readonly unknown[] | undefined>> = { ...given.hooks };
  const guarded = guardedEvents.map((event): [GuardedEvent, unknown[]] => {
    const isOfOneTool = event !== 'PostToolBatch' && event !== 'PermissionDenied';
    const mine: HookMatcher = { ...(isOfOneTool && { matcher }), hooks: [guard[event]] };
    return [event, [...(own[event] ?? []), mine]];
  });
  return { ...own, ...Object.fromEntries(guarded) } as Hooks & ToolfuseHooks;
}
