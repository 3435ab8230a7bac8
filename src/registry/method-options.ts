import { checkOptionNames, checkValue, positiveMs, show } from '../../machines/rule.ts';
import { checkSignal } from '../calls/call-options.ts';

/** The circuits that a call needs in addition to the tool's own. */
export interface CircuitNeeds {
  /** The name of another circuit that the call depends on. Default: the `upstream` of the tool's settings. */
  readonly upstream?: string | undefined;
}

/** Options of `untilReady`. */
export interface UntilReadyOptions extends CircuitNeeds {
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `isolate`. */
export interface IsolateOptions {
  /** After how long the isolation ends by itself, in ms. Default: never. */
  readonly forMs?: number | undefined;
}

/** Options of `availableTools`. */
export interface AvailableToolsOptions {
  /** Whether to include half-open tools. Default true. */
  readonly halfOpen?: boolean | undefined;
}

export const noNeeds: CircuitNeeds = Object.freeze({});

const needs: Readonly<Record<keyof CircuitNeeds, true>> = { upstream: true };
const untilReadyOptions: Readonly<Record<keyof UntilReadyOptions, true>> = { upstream: true, signal: true };
const isolateOptions: Readonly<Record<keyof IsolateOptions, true>> = { forMs: true };
const availableToolsOptions: Readonly<Record<keyof AvailableToolsOptions, true>> = { halfOpen: true };

/** @throws TypeError for an unknown option, or for options that are not an object. */
export function checkNeeds(options: unknown): void {
  checkOptionNames(options, needs);
}

/** @throws TypeError for an unknown option or a value that is not a signal. */
export function checkUntilReady(options: UntilReadyOptions): void {
  checkOptionNames(options, untilReadyOptions);
  if (options.signal !== undefined) checkSignal(options.signal);
}

/** @throws TypeError for an unknown option, RangeError for an invalid time. */
export function checkIsolate(options: IsolateOptions): void {
  checkOptionNames(options, isolateOptions);
  if (options.forMs !== undefined) checkValue(options.forMs, 'forMs', positiveMs);
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
