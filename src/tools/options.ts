import type { FailureVerdict, ToolRegistry } from 'toolfuse';
import {
  aFunction,
  checkFields,
  oneOf,
  positiveMs,
  type Rule,
  type Rules,
  show,
} from '../../machines/rule.ts';
import { aRun, type CircuitOptions } from './call-circuit.ts';
import type { OutputOf } from './tool.ts';

/** Options of `guardTools`. `Tool` is the type of the tools. */
export interface GuardToolsOptions<Tool = unknown> extends CircuitOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /**
   * Decides whether a returned value is a failure, as in `registry.execute`. The tool's caller gets the value in any case. It is
   * not asked about streams. Default: an MCP result with `isError` is a failure, unless its text blames the caller.
   */
  readonly isFailure?: ((output: OutputOf<Tool>) => FailureVerdict) | undefined;
  /** How long a call may take, in ms, or each wait for a part of a stream. Default: no limit besides the caller's signal. */
  readonly timeoutMs?: number | undefined;
  /**
   * How a refused call ends. `throw` (default): with a `CircuitOpenError`, whose message is written for a model. `return`: with
   * an answer for the model, in frameworks that let a tool's error end the run. `execute` returns the facts as an object, `run`
   * a text, and `callTool` a result of its protocol.
   */
  readonly denied?: 'throw' | 'return' | undefined;
}

export const aRegistry: Rule = [
  'a registry made by createToolRegistry',
  (value) => typeof (value as ToolRegistry | null)?.tryAcquire === 'function',
];

export const anUpstream: Rule = [
  'the name of a circuit, or a function that returns one',
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
];

const rules: Rules<keyof GuardToolsOptions> = {
  registry: aRegistry,
  toolName: aFunction,
  run: aRun,
  upstream: anUpstream,
  isFailure: aFunction,
  timeoutMs: positiveMs,
  denied: oneOf(['throw', 'return']),
};

/**
 * Checks the options of an adapter.
 *
 * @param adapter How errors name it: `guardTools`.
 * @returns The options that were given.
 * @throws TypeError for an unknown option or a missing registry, RangeError for an invalid value; both name the option.
 */
export function checkAdapterOptions<Options extends { readonly registry: ToolRegistry }>(
  options: unknown,
  rules: Rules<Extract<keyof Options, string>>,
  adapter: string,
): Partial<Options> & { readonly registry: ToolRegistry } {
  const given = checkFields<Options>(options ?? {}, rules, adapter);
  return { ...given, registry: checkRegistry(given.registry, `${adapter}.registry`) };
}

/** @throws TypeError for a value that is not a registry. */
export function checkRegistry(registry: unknown, name: string): ToolRegistry {
  const [must, holds] = aRegistry;
  if (!holds(registry)) throw new TypeError(`${name} must be ${must}, got ${show(registry)}`);
  return registry as ToolRegistry;
}

/** Checks the options of `guardTools`. @throws TypeError or RangeError that names the option. */
export const checkGuardTools = (options: unknown): GuardToolsOptions<never> =>
  checkAdapterOptions<GuardToolsOptions<never>>(options, rules, 'guardTools');
