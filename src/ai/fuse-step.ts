import type { ToolRegistry } from 'toolfuse';
import { aFunction, checkFields, oneOf, type Rule, type Rules, trueOrFalse } from '../../machines/rule.ts';
import { checkRegistry } from '../tools/options.ts';

/** Options of `fuseStep`. */
export interface FuseStepOptions<Name extends string, Step, Own> {
  /** The tools that the model is offered: a record whose keys are their names, or the names. Needed for `hideOpen`. */
  readonly tools?: Readonly<Record<Name, unknown>> | readonly Name[] | undefined;
  /**
   * Whether the model is offered only the tools that can be called now. Default false, because a changing list invalidates the
   * model's prompt cache, and calls of an open tool are refused anyway.
   */
  readonly hideOpen?: boolean | undefined;
  /**
   * What happens while the registry is paused. `answer` (default): the model may call no tool, and so gives its last answer;
   * the tools that it is offered stay the same. `ignore`: nothing.
   */
  readonly onPause?: 'answer' | 'ignore' | undefined;
  /** Returns the name of a tool's circuit, as in `guardTools`. Default: the tool's own name. */
  readonly toolName?: ((tool: string) => string) | undefined;
  /** Your own `prepareStep`. It is called first, and what it returns stays, unless a pause or a hidden tool overrides it. */
  readonly prepareStep?: ((step: Step) => Own) | undefined;
}

/** What `fuseStep` sets for a step of the AI SDK. */
export interface FusedStep<Name extends string> {
  /** Set while the registry is paused. */
  toolChoice?: 'none';
  /** Set while a tool is hidden. */
  activeTools?: Name[];
}

const toolsOrNames: Rule = [
  'a record of tools or an array of their names',
  (value) => typeof value === 'object' && value !== null,
];

const rules: Rules<keyof FuseStepOptions<string, unknown, unknown>> = {
  tools: toolsOrNames,
  hideOpen: trueOrFalse,
  onPause: oneOf(['answer', 'ignore']),
  toolName: aFunction,
  prepareStep: aFunction,
};

/**
 * Makes a `prepareStep` for the AI SDK: while the registry is paused, the model gives its last answer instead of calling more
 * tools, and with `hideOpen` it is offered only the tools that can be called now.
 *
 * @example
 * await generateText({ model, prompt, tools, stopWhen: stepCountIs(20), prepareStep: fuseStep(registry) });
 *
 * @throws TypeError for an unknown option, or `hideOpen` without `tools`; RangeError for an invalid value.
 */
export function fuseStep<Name extends string = never, Step = unknown, Own = undefined>(
  registry: ToolRegistry,
  options: FuseStepOptions<Name, Step, Own> = {},
): (step: Step) => Promise<Awaited<Own> | (Awaited<Own> & FusedStep<Name>)> {
  checkRegistry(registry, 'fuseStep: registry');
  const given = checkFields<FuseStepOptions<Name, Step, Own>>(options, rules, 'fuseStep');
  const {
    tools,
    hideOpen = false,
    onPause = 'answer',
    toolName = (name: string) => name,
    prepareStep,
  } = given;
  if (hideOpen && tools === undefined)
    throw new TypeError(`fuseStep.tools is missing; with hideOpen it must be ${toolsOrNames[0]}`);
  const names = (Array.isArray(tools) ? [...tools] : Object.keys(tools ?? {})) as Name[];

  /** The tools to offer now; undefined if that is all of them. */
  const offered = (own: readonly Name[] = names): Name[] | undefined => {
    const available = new Set(registry.availableTools(own.map(toolName)));
    const left = own.filter((name) => available.has(toolName(name)));
    return left.length < own.length ? left : undefined;
  };

  return async (step) => {
    const own = await prepareStep?.(step);
    const { activeTools: chosen } = (own ?? {}) as { activeTools?: readonly Name[] };
    const activeTools = hideOpen ? offered(chosen) : undefined;
    const isPaused = onPause === 'answer' && registry.recovery().isPaused;
    const ours: FusedStep<Name> = {
      ...(activeTools && { activeTools }),
      ...(isPaused && { toolChoice: 'none' }),
    };
    return { ...own, ...ours } as Awaited<Own> & FusedStep<Name>;
  };
}
