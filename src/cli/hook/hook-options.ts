import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { show } from '../../../machines/rule.ts';
import { choice, count, type Kind, ms } from '../../proxy/options/kinds.ts';
import { UsageError } from '../../proxy/options/usage-error.ts';

/** The options of `toolfuse hook`. */
export interface HookOptions {
  /** The file that all hooks share. */
  readonly state: string;
  /** The tools to guard: a regular expression for their whole names. */
  readonly match: string;
  readonly failureThreshold: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly onPause: 'stop' | 'ignore';
  /** Print what is to go into the settings of Claude Code. */
  readonly settings: boolean;
  readonly help: boolean;
}

/** Local tools fail by what the model asked of them, such as a command that exits with 1. */
export const defaultMatch = 'mcp__.*|WebFetch|WebSearch';

/** The same defaults as those of the proxy, and for the same reasons. */
const defaults = { failureThreshold: 3, minBackoffMs: 15_000, maxBackoffMs: 120_000 };

/** A file of this user, for all of their sessions. */
function defaultState({ XDG_STATE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv): string {
  const base =
    XDG_STATE_HOME || (process.platform === 'win32' && LOCALAPPDATA) || join(homedir(), '.local', 'state');
  return join(base, 'toolfuse', 'claude-code.json');
}

/** @throws UsageError that names the flag and the value. */
export function readHookOptions(args: readonly string[], environment: NodeJS.ProcessEnv): HookOptions {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        state: { type: 'string' },
        match: { type: 'string' },
        'failure-threshold': { type: 'string' },
        'min-backoff': { type: 'string' },
        'max-backoff': { type: 'string' },
        'on-pause': { type: 'string' },
        settings: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
  const read = <Value>(name: string, kind: Kind<Value>, byDefault: Value): Value => {
    const given = values[name];
    if (given === undefined) return byDefault;
    const value = kind.fromText(String(given));
    if (value === undefined) throw new UsageError(`--${name} must be ${kind.must}, got ${show(given)}`);
    return value;
  };
  const { match = defaultMatch, state = defaultState(environment) } = values as Record<string, string>;
  if (state.trim() === '') throw new UsageError('--state must be a non-empty string');
  checkPattern(match);
  const maxBackoffMs = read('max-backoff', ms, defaults.maxBackoffMs);
  const minBackoffMs = read('min-backoff', ms, Math.min(defaults.minBackoffMs, maxBackoffMs));
  if (minBackoffMs > maxBackoffMs)
    throw new UsageError(
      `--min-backoff must be at most --max-backoff (${maxBackoffMs}), got ${minBackoffMs}`,
    );
  return {
    state,
    match,
    failureThreshold: read('failure-threshold', count, defaults.failureThreshold),
    minBackoffMs,
    maxBackoffMs,
    onPause: read('on-pause', choice(['stop', 'ignore'] as const), 'stop'),
    settings: values.settings === true,
    help: values.help === true,
  };
}

function checkPattern(match: string): void {
  try {
    wholeName(match);
  } catch {
    throw new UsageError(`--match must be a regular expression, got ${show(match)}`);
  }
}

/** Matches the whole name of a tool. */
export const wholeName = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
