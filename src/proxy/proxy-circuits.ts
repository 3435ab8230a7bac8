import type { ToolConfig } from 'toolfuse';
import type { ProxyOptions } from './options/read.ts';
import { defaultMaxSessions, type OwnSettings, serverSettings } from './options/settings.ts';
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

/** The settings that a circuit understands. */
function circuitOf({ timeoutMs: _, ...settings }: OwnSettings): ToolConfig {
  return settings;
}

/** The settings of every circuit. One that was not given is left to the library's defaults. */
function commonCircuit(options: ProxyOptions): ToolConfig {
  const { failureThreshold, minBackoffMs, maxBackoffMs, backoffFactor } = options;
  const { halfOpenMaxProbes, successThreshold, probeTimeoutMs } = options;
  return Object.fromEntries(
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
      tools: Object.fromEntries(Object.entries(options.tools).map(([tool, own]) => [tool, circuitOf(own)])),
      serverCircuit: {
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
