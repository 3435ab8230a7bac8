import { consecutiveFailures, countWindow, type ToolConfig, timeWindow } from 'toolfuse';
import type { ProxyOptions } from './options/read.ts';
import { defaultMaxSessions, type OwnSettings, serverSettings, windowSettings } from './options/settings.ts';
import { UsageError } from './options/usage-error.ts';
import { ServerCircuits } from './session/server-circuits.ts';

/** A server that has run for this long had recovered: its next failure starts at the shortest backoff again. */
const relapseMs = 60_000;

/** How soon a command is started again after its first death in a while. Each further death doubles the wait. */
const firstRestartMs = 500;

/** A process that has exited, or leaves a ping unanswered, is certainly down; and starting another one is cheap. */
const commandDefaults = ({ minBackoffMs, maxBackoffMs = firstRestartMs }: ProxyOptions): ToolConfig => ({
  failureThreshold: 1,
  minBackoffMs: minBackoffMs ?? Math.min(firstRestartMs, maxBackoffMs),
});

const urlDefaults: ToolConfig = { failureThreshold: 3 };

/** How long the server may take to start, in ms. */
export const startTimeoutOf = ({ startTimeoutMs }: ProxyOptions): number =>
  startTimeoutMs ?? serverSettings.startTimeoutMs.default ?? Infinity;

type WindowSettings = Pick<OwnSettings, keyof typeof windowSettings>;

/** The strategy that these settings of a window ask for; undefined if there are none. @throws UsageError if they contradict each other. */
function tripOf(settings: WindowSettings): Pick<ToolConfig, 'trip'> {
  const { countWindow: size, timeWindowMs: windowMs, ...limits } = settings;
  if (size !== undefined && windowMs !== undefined)
    throw new UsageError('--count-window and --time-window are two windows: there can be only one');
  if (limits.slowCallRate !== undefined && limits.slowCallMs === undefined)
    throw new UsageError('--slow-call-rate needs --slow-call, which says what a slow call is');
  if (size !== undefined) return { trip: countWindow({ size, ...limits }) };
  if (windowMs === undefined && Object.keys(limits).length === 0) return {};
  return { trip: timeWindow({ ...(windowMs !== undefined && { windowMs }), ...limits }) };
}

/** The settings of windows among these. */
const windowOf = (settings: WindowSettings): WindowSettings =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => name in windowSettings && value !== undefined),
  );

/** The settings of a tool that a circuit understands. @param common The window of all tools, of which one can change a part. */
function circuitOf(own: OwnSettings, common: WindowSettings = {}): ToolConfig {
  const { timeoutMs: _, ...settings } = own;
  const window = windowOf(own);
  const others = Object.fromEntries(Object.entries(settings).filter(([name]) => !(name in windowSettings)));
  if (Object.keys(window).length === 0) return others;
  // A tool with a window of its own has not the kind of window that the others have.
  const { countWindow: ofCalls, timeWindowMs: ofTime, ...limits } = common;
  const names = window.countWindow !== undefined || window.timeWindowMs !== undefined;
  const inherited = names
    ? limits
    : {
        ...limits,
        ...(ofCalls !== undefined && { countWindow: ofCalls }),
        ...(ofTime !== undefined && { timeWindowMs: ofTime }),
      };
  return { ...others, ...tripOf({ ...inherited, ...window }) };
}

/** The settings of every circuit. One that was not given is left to the library's defaults. */
function commonCircuit(options: ProxyOptions): ToolConfig {
  const { failureThreshold, minBackoffMs, maxBackoffMs, backoffFactor } = options;
  const { halfOpenMaxProbes, successThreshold, probeTimeoutMs } = options;
  const settings = Object.fromEntries(
    Object.entries({
      failureThreshold,
      minBackoffMs,
      maxBackoffMs,
      backoffFactor,
      halfOpenMaxProbes,
      successThreshold,
      probeTimeoutMs,
    }).filter(([, value]) => value !== undefined),
  );
  return { ...settings, ...tripOf(windowOf(options)) };
}

/**
 * The circuits that the options ask for.
 *
 * @param name What the server is called.
 * @param restore The circuits of an earlier process, as `registry.persist()` wrote them.
 * @throws UsageError where the settings contradict each other.
 */
export function makeCircuits(
  options: ProxyOptions,
  name: string,
  restore: string | undefined,
): ServerCircuits {
  try {
    return new ServerCircuits({
      // The name of a tool cannot hold a colon, so no tool shares this circuit.
      server: `server:${name}`,
      // One more, for the requests that stand alone.
      maxSessions: options.listen === undefined ? 1 : (options.maxSessions ?? defaultMaxSessions) + 1,
      circuit: commonCircuit(options),
      tools: Object.fromEntries(
        Object.entries(options.tools).map(([tool, own]) => [tool, circuitOf(own, windowOf(options))]),
      ),
      serverCircuit: {
        // Whether a server lives is asked now and then: there is no rate of that.
        trip: consecutiveFailures,
        ...(options.url === undefined ? commandDefaults(options) : urlDefaults),
        backoffResetMs: relapseMs,
        // A probe gives up its place at nine tenths of this, and must not do so before the start itself times out.
        probeTimeoutMs: startTimeoutOf(options) / 0.9,
        ...circuitOf(options.server),
      },
      ...(restore !== undefined && { restore }),
    });
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
