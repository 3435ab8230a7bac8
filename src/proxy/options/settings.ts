import { logFormats } from '../log.ts';
import { resultErrorPolicies } from '../session/answer-failure.ts';
import {
  address,
  choice,
  count,
  factor,
  type Kind,
  megabytes,
  ms,
  onOff,
  positiveMs,
  text,
  url,
} from './kinds.ts';

/** One setting of the proxy. The flag of `minBackoffMs` is `--min-backoff`, its variable `TOOLFUSE_MIN_BACKOFF`. */
export interface Setting<Value = unknown> {
  readonly kind: Kind<Value>;
  readonly about: string;
  readonly default?: Value;
}

const setting = <Value>(kind: Kind<Value>, about: string, byDefault?: Value): Setting<Value> => ({
  kind,
  about,
  ...(byDefault !== undefined && { default: byDefault }),
});

/** Settings of circuits, which single tools and the server can have of their own. */
export const circuitSettings = {
  failureThreshold: setting(count, 'failures in a row that open a circuit', 7),
  minBackoffMs: setting(ms, 'how long an open circuit refuses calls at first', 5_000),
  maxBackoffMs: setting(ms, 'the longest that it does', 120_000),
  backoffFactor: setting(factor, 'growth of that time each time a probe fails', 2),
  halfOpenMaxProbes: setting(count, 'calls let through at a time to find out whether it works again', 1),
  successThreshold: setting(count, 'of so many that succeed a circuit closes', 1),
  probeTimeoutMs: setting(positiveMs, 'after which such a call counts no more', 60_000),
};

/** Settings that tools can have of their own, beside those of circuits. */
export const callSettings = {
  timeoutMs: setting(
    positiveMs,
    'how long a call may take, from its last sign of progress; then it is answered, and the server asked whether it lives',
    300_000,
  ),
};

/** An hour: a client that is not heard of for as long has gone without a word. */
const idleTimeoutMs = 3_600_000;

export const serverSettings = {
  name: setting(
    text('NAME'),
    'what the server is called, in logs, states and answers; by default made from its command',
  ),
  url: setting(url, 'a server to reach by Streamable HTTP, instead of a command'),
  startTimeoutMs: setting(
    positiveMs,
    'how long the server may take to start, with what a launcher has to install',
    120_000,
  ),
  listen: setting(
    address,
    'serve Streamable HTTP at /mcp to clients, instead of standard input and output; each session has a server of its own',
  ),
  idleTimeoutMs: setting(
    positiveMs,
    'with --listen, after how long without a word of its client a session is over, and its server ended',
    idleTimeoutMs,
  ),
};

/** What a header's value may hold. */
export const aboutHeaders = `sent to the URL; \${NAME} in its value is taken from the environment`;

export const behaviourSettings = {
  resultErrors: setting(
    choice(resultErrorPolicies),
    'whether results that are errors count against their tool; bad arguments never do',
    'tool',
  ),
  hideOpen: setting(
    onOff,
    'take tools that are open from the list of tools, and tell the client; off, since a stable list keeps prompt caches',
    false,
  ),
  state: setting(text('FILE'), 'keep the circuits in a file, so that they outlive the process'),
  statusResource: setting(onOff, 'offer the circuits to the client as the resource toolfuse://status', false),
  inspect: setting(
    onOff,
    'serve a page that shows the circuits live, to this machine only; its address, with the key to it, is told on standard error and by --status',
    false,
  ),
  maxMessageMb: setting(megabytes, 'the longest message that is passed on', 32),
  log: setting(choice(logFormats), 'how to tell what happens, on standard error', 'human'),
  logPayloads: setting(onOff, 'also tell the arguments and results of calls, which may be secret', false),
};

/** Every setting with one value. */
export const settings = {
  ...serverSettings,
  ...circuitSettings,
  ...callSettings,
  ...behaviourSettings,
};

type SettingName = keyof typeof settings;
export type SettingValues = {
  [Name in SettingName]?: (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
};
type CircuitSettingName = keyof typeof circuitSettings;

/** Settings of one tool, or of the server. */
export type OwnSettings = Partial<Record<CircuitSettingName | 'timeoutMs', number>> & {
  alternatives?: readonly string[];
};

/** `minBackoffMs`: `min-backoff`. */
export const flagOf = (name: string): string =>
  name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `minBackoffMs`: `TOOLFUSE_MIN_BACKOFF`. */
export const variableOf = (name: string): string =>
  `TOOLFUSE_${flagOf(name).replace(/-/g, '_').toUpperCase()}`;
