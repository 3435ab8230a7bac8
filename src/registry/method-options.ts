import { aText, checkOptionNames, checkValue, positiveMs, show, trueOrFalse } from '../../machines/rule.ts';
import { type CallTarget, checkKey, keyText } from '../calls/call-keys.ts';
import { type CallNeeds, type CircuitNeeds, checkRun, checkSignal } from '../calls/call-options.ts';

/** Which of a tool's circuits is meant. */
export interface CircuitChoice {
  /** The target or tenant that the circuit is for. Default: the circuit of all calls of the tool. */
  readonly key?: string | number | null | undefined;
}

/** Options of `untilReady`. */
export interface UntilReadyOptions extends CircuitNeeds {
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of an operator's order. */
export interface OrderOptions extends CircuitChoice {
  /** Whether the order is for all processes of the fleet that the registry has joined. Default false: for this one. */
  readonly fleet?: boolean | undefined;
}

/** Options of `isolate`. */
export interface IsolateOptions extends OrderOptions {
  /** After how long the isolation ends by itself, in ms. Default: never. */
  readonly forMs?: number | undefined;
  /** Who isolates it, for those who see it isolated. At most 100 characters are kept. Not told to a fleet. */
  readonly by?: string | undefined;
}

/** Options of `availableTools`. */
export interface AvailableToolsOptions {
  /** Whether to include half-open tools. Default true. */
  readonly halfOpen?: boolean | undefined;
}

export const noNeeds: CircuitNeeds = Object.freeze({});

const target: Readonly<Record<keyof CallTarget, true>> = { input: true, key: true };
const choice: Readonly<Record<keyof CircuitChoice, true>> = { key: true };
const needs: Readonly<Record<keyof CircuitNeeds, true>> = { upstream: true, ...target };
const callNeeds: Readonly<Record<keyof CallNeeds, true>> = { ...needs, run: true };
const untilReadyOptions: Readonly<Record<keyof UntilReadyOptions, true>> = { ...needs, signal: true };
const orderOptions: Readonly<Record<keyof OrderOptions, true>> = { fleet: true, ...choice };
const isolateOptions: Readonly<Record<keyof IsolateOptions, true>> = {
  forMs: true,
  by: true,
  ...orderOptions,
};
const availableToolsOptions: Readonly<Record<keyof AvailableToolsOptions, true>> = { halfOpen: true };

/** @throws TypeError for an unknown option, or for options that are not an object. */
export function checkNeeds(options: CircuitNeeds): void {
  checkOptionNames(options, needs);
  checkKey(options.key);
}

/** @throws TypeError for an unknown option, a key that is neither text nor a number, or a value that is no run. */
export function checkCallNeeds(options: CallNeeds): void {
  checkOptionNames(options, callNeeds);
  checkKey(options.key);
  if (options.run !== undefined) checkRun(options.run);
}

/** @throws TypeError for an unknown option, or a key that is neither text nor a number. */
export function checkTarget(options: CallTarget): void {
  checkOptionNames(options, target);
  checkKey(options.key);
}

/**
 * The key of a circuit that is named by its tool and an option.
 *
 * @throws TypeError for an unknown option, or a key that is neither text nor a number.
 */
export function keyOfChoice(options: CircuitChoice): string | null {
  checkOptionNames(options, choice);
  checkKey(options.key);
  return keyText(options.key);
}

/** @throws TypeError for an unknown option or a value that is not a signal. */
export function checkUntilReady(options: UntilReadyOptions): void {
  checkOptionNames(options, untilReadyOptions);
  checkKey(options.key);
  if (options.signal !== undefined) checkSignal(options.signal);
}

/** @throws TypeError for an unknown option, RangeError for an invalid value. */
export function checkOrder(options: OrderOptions): void {
  checkOptionNames(options, orderOptions);
  checkKey(options.key);
  if (options.fleet !== undefined) checkValue(options.fleet, 'fleet', trueOrFalse);
}

/** @throws TypeError for an unknown option, RangeError for an invalid value. */
export function checkIsolate(options: IsolateOptions): void {
  checkOptionNames(options, isolateOptions);
  checkKey(options.key);
  if (options.forMs !== undefined) checkValue(options.forMs, 'forMs', positiveMs);
  if (options.by !== undefined) checkValue(options.by, 'by', aText);
  if (options.fleet !== undefined) checkValue(options.fleet, 'fleet', trueOrFalse);
}

/** @throws TypeError for an unknown option, or for names that are not a list. */
export function checkAvailableTools(names: unknown, options: unknown): void {
  checkOptionNames(options, availableToolsOptions);
  if (names !== undefined) checkNames(names);
}

/** @throws TypeError for names that are not a list; a single name is not a list either. */
export function checkNames(names: unknown): void {
  const isList = typeof names === 'object' && names !== null && Symbol.iterator in names;
  if (!isList) throw new TypeError(`names must be a list of tool names, got ${show(names)}`);
}
