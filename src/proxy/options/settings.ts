import { resultErrorPolicies } from '../../mcp/result-error-policy.ts';
import { logFormats } from '../log.ts';
import {
  address,
  choice,
  count,
  factor,
  type Kind,
  keyPath,
  megabytes,
  ms,
  onOff,
  origins,
  positiveMs,
  rate,
  redisUrl,
  text,
  url,
} from './kinds.ts';

/** One setting of the proxy. For `minBackoffMs` the flag is `--min-backoff` and the variable `TOOLFUSE_MIN_BACKOFF`. */
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

/**
 * The proxy's own defaults, chosen on recorded calls of agents (`npm run recorded`): three failures in a row are an outage, two often
 * are not, and with seven, a run is over before a circuit opens. After 15 s, no call that went well was refused.
 */
export const failuresOfProxy = 3;
export const backoffOfProxyMs = 15_000;

/** When a circuit opens, by the names that the library has for it. */
const tripNames = ['consecutive-failures', 'count-window', 'time-window'] as const;

/** Settings of circuits. Single tools and the server can have their own. */
export const circuitSettings = {
  failureThreshold: setting(count, 'failures in a row that open a circuit', failuresOfProxy),
  minBackoffMs: setting(ms, 'how long an open circuit refuses calls at first', backoffOfProxyMs),
  maxBackoffMs: setting(ms, 'the longest time for which it refuses calls', 120_000),
  backoffFactor: setting(factor, 'the factor by which that time grows each time a probe fails', 2),
  halfOpenMaxProbes: setting(
    count,
    'how many calls a half-open circuit lets through at a time, as probes',
    1,
  ),
  successThreshold: setting(count, 'how many probes must succeed before a circuit closes', 1),
  probeTimeoutMs: setting(positiveMs, 'how long a probe may take before it no longer counts', 60_000),
};

/** Settings of the windows that open a circuit by a rate, instead of failures in a row. Single tools can have their own. */
export const windowSettings = {
  trip: setting(
    choice(tripNames),
    'what opens a circuit: failures in a row, or a rate among the last calls or in recent time; by default the window that is named, or else failures in a row',
  ),
  countWindow: setting(
    count,
    'open a circuit by the rate of failures among this many calls, instead of failures in a row',
  ),
  timeWindowMs: setting(
    positiveMs,
    'open a circuit by the rate of failures among the calls of this much time, instead of failures in a row',
  ),
  failureRate: setting(
    rate,
    'the share of failures in the window that opens a circuit; 0.5 if there is a window',
  ),
  slowCallMs: setting(
    positiveMs,
    'how long a call may take before it counts as slow, and slow calls open a circuit, too; the window is one of 60 s if none is named',
  ),
  slowCallRate: setting(
    rate,
    'the share of slow calls in the window that opens a circuit; 1 if calls can be slow',
  ),
  minCalls: setting(
    count,
    'how many calls the window must hold before it can open a circuit; by default all of --count-window, or 10',
  ),
};

/** Settings of calls. Single tools can have their own. */
export const callSettings = {
  timeoutMs: setting(
    positiveMs,
    'how long a call may take, from its last sign of progress; then the client gets an error, and the server a ping',
    300_000,
  ),
};

/** Settings of circuits that a single tool can have, and the server's own as well. */
export const modeSettings = {
  mode: setting(
    choice(['enforce', 'observe'] as const),
    'whether the circuit refuses calls, or only observes: everything is counted and reported, and nothing is refused',
  ),
};

/** Settings that only a single tool can have. */
export const toolSettings = {
  ...modeSettings,
  enabled: setting(onOff, 'false for a tool whose circuit is never to open', true),
  key: setting(
    keyPath,
    'a path into the arguments of a call: each value has a circuit of its own, such as url.host for each host of a URL (also url.origin), or tenant',
  ),
  polling: setting(
    onOff,
    'with --loops, true for a tool that is meant to be called again until its result changes',
    false,
  ),
};

/** How many clients are served at a time. Each has a server of its own. */
export const defaultMaxSessions = 100;

/** An hour: a client that is silent for longer has gone. */
const idleTimeoutMs = 3_600_000;

export const serverSettings = {
  name: setting(
    text('NAME'),
    'the name of the server in logs, state files and answers; by default made from its command or URL',
  ),
  url: setting(url, 'a server that is reached over Streamable HTTP, instead of a command'),
  ca: setting(
    text('FILE'),
    'certificates (PEM) of authorities to trust for the URL, beside the usual ones; SSL_CERT_FILE and NODE_EXTRA_CA_CERTS do the same',
  ),
  cert: setting(text('FILE'), "the client's certificate (PEM) for the URL, with --key"),
  key: setting(text('FILE'), 'the private key (PEM) of --cert'),
  startTimeoutMs: setting(
    positiveMs,
    'how long the server may take to start, including what a launcher has to install',
    120_000,
  ),
  listen: setting(
    address,
    'serve clients over Streamable HTTP at /mcp, instead of standard input and output; each session has its own server, and all requests of clients without a session share one',
  ),
  tokenEnv: setting(
    text('NAME'),
    'with --listen, the environment variable that holds the key which every client has to show, as Authorization: Bearer KEY; needed if other machines can reach the address',
  ),
  allowOrigin: setting(
    origins,
    'with --listen, the origins of pages that may use the proxy from a browser, beside those of this machine; commas between them',
  ),
  maxSessions: setting(
    count,
    'with --listen, how many sessions, each with its server, there can be at a time',
    defaultMaxSessions,
  ),
  idleTimeoutMs: setting(
    positiveMs,
    'with --listen, how long a client may be silent before its session and its server are ended',
    idleTimeoutMs,
  ),
};

/**
 * Long enough for most servers to answer by themselves, even behind npx; and with three such waits a client is still well within
 * the 10 s that the least patient ones allow a server to start.
 */
const memoryAfterMs = 3_000;

/** The description of headers, in the help and the schema. */
export const aboutHeaders = `a header to send to the URL; \${NAME} or \${env:NAME} in its value is taken from the environment`;

export const behaviourSettings = {
  resultErrors: setting(
    choice(resultErrorPolicies),
    'which error results count as failures of their tool: all (tool), only those that name the network, a timeout, a rate limit or unavailability (known), or none (ignore); those about bad arguments never do',
    'tool',
  ),
  observe: setting(
    onOff,
    'refuse nothing: the circuits of the tools and the guard against loops only count and report what they would have done. A command that has died is still restarted with a backoff, and cannot be called meanwhile',
    false,
  ),
  loops: setting(
    onOff,
    'guard each session against a model that repeats itself: the same call with the same outcome, calls in turn, the same mistake again; it is corrected, and then refused',
    false,
  ),
  warnAfter: setting(count, 'with --loops, after how many repetitions an answer carries a correction', 3),
  denyAfter: setting(count, 'with --loops, after how many repetitions the next one is refused', 5),
  retrySafe: setting(
    onOff,
    'send a call once more if it certainly did not run, or if it was lost and its tool says that it may run twice (readOnlyHint, idempotentHint)',
    false,
  ),
  hideOpen: setting(
    onOff,
    'leave tools with an open circuit out of the list of tools, and tell the client when the list changes; off by default, since a stable list keeps prompt caches',
    false,
  ),
  state: setting(text('FILE'), 'keep the circuits in a file, so that they survive a restart'),
  memory: setting(
    onOff,
    'keep, beside --state, what the server is and has, and answer clients from it while the server is not there or takes too long; on if --state is given, and --no-memory turns it off',
  ),
  memoryAfterMs: setting(
    ms,
    'how long the server may take to say what it is and has before a client is answered from memory',
    memoryAfterMs,
  ),
  statusResource: setting(onOff, 'offer the circuits to the client as the resource toolfuse://status', false),
  inspect: setting(
    onOff,
    'serve a page that shows the circuits live, to this machine only; --status and standard error show its address, with its key',
    false,
  ),
  admin: setting(
    address,
    'serve /metrics for Prometheus, /livez, /readyz, /circuits and /events there; changing a circuit needs the key that --status shows, or that TOOLFUSE_ADMIN_KEY has set, and so does reading if other machines can reach the address',
  ),
  record: setting(
    text('FILE'),
    'write one line of JSON to a file for each call: when, how long, how it ended',
  ),
  recordMaxMb: setting(
    megabytes,
    'how large the file of --record may become, in megabytes; then it is renamed FILE.1, and up to four earlier ones are kept',
    10,
  ),
  maxMessageMb: setting(megabytes, 'the longest message that is passed on, in megabytes', 32),
  log: setting(choice(logFormats), 'the format of the log on standard error', 'human'),
  logPayloads: setting(onOff, 'also log the arguments and results of calls, which may be secret', false),
};

export const fleetSettings = {
  fleet: setting(
    redisUrl,
    'share the circuits with other proxies through a Redis or Valkey server; needs the package ioredis',
  ),
  fleetNamespace: setting(
    text('NAME'),
    'share the circuits only with proxies that have the same namespace',
    'mcp',
  ),
  fleetCommand: setting(
    onOff,
    'with --fleet, also share the circuits of a server that is a command of this machine',
    false,
  ),
};

/** Every setting that has a single value. */
export const settings = {
  ...fleetSettings,
  ...serverSettings,
  ...circuitSettings,
  ...windowSettings,
  ...callSettings,
  ...behaviourSettings,
};

type SettingName = keyof typeof settings;
export type SettingValues = {
  [Name in SettingName]?: (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
};

type ValuesOf<Table> = {
  [Name in keyof Table]?: Table[Name] extends Setting<infer Value> ? Value : never;
};

/** Settings of a circuit. */
export type CircuitValues = ValuesOf<typeof circuitSettings & typeof windowSettings>;

/** Settings of one tool, or of the server. */
export type OwnSettings = CircuitValues &
  ValuesOf<typeof callSettings & typeof toolSettings> & {
    alternatives?: readonly string[];
  };

/** The description of patterns of failure, in the help and the schema. */
export const aboutFailurePatterns =
  'a regular expression that the text of an answer matches if the call has failed, though the server does not say so; * for all tools';

/** `minBackoffMs`: `min-backoff`. */
export const flagOf = (name: string): string =>
  name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `minBackoffMs`: `TOOLFUSE_MIN_BACKOFF`. */
export const variableOf = (name: string): string =>
  `TOOLFUSE_${flagOf(name).replace(/-/g, '_').toUpperCase()}`;
