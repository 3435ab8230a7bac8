import { consecutiveFailures, type ToolConfig } from 'toolfuse';
import { commonCircuit, loopsOf, ownCircuit } from './circuit-options.ts';
import type { ProxyOptions } from './options/read.ts';
import { defaultMaxSessions, serverSettings } from './options/settings.ts';
import { UsageError } from './options/usage-error.ts';
import { ServerCircuits } from './session/server-circuits.ts';

/** A server that has run for this long had recovered: its next failure starts at the shortest backoff again. */
const relapseMs = 60_000;

/** How soon a command is started again after its first death in a while. Each further death doubles the wait. */
const firstRestartMs = 500;

/** A process that has exited, or leaves a ping unanswered, is certainly down; and starting another one is cheap. */
const commandDefaults = ({ minBackoffMs, maxBackoffMs = firstRestartMs }: ProxyOptions): ToolConfig => ({
  trip: consecutiveFailures,
  failureThreshold: 1,
  minBackoffMs: minBackoffMs ?? Math.min(firstRestartMs, maxBackoffMs),
});

/** A URL is asked again by the proxy itself, which costs no call: sooner than a tool. */
const firstProbeMs = 5_000;

export const urlDefaults = ({ minBackoffMs, maxBackoffMs = firstProbeMs }: ProxyOptions): ToolConfig => ({
  trip: consecutiveFailures,
  failureThreshold: 3,
  minBackoffMs: minBackoffMs ?? Math.min(firstProbeMs, maxBackoffMs),
});

/** How long the server may take to start, in ms. */
export const startTimeoutOf = ({ startTimeoutMs }: ProxyOptions): number =>
  startTimeoutMs ?? serverSettings.startTimeoutMs.default ?? Infinity;

/** What the options say of the circuits of all tools, and of single ones. @throws UsageError where they contradict each other. */
export const toolCircuits = (
  options: ProxyOptions,
): { readonly circuit: ToolConfig; readonly tools: Readonly<Record<string, ToolConfig>> } => ({
  circuit: commonCircuit(options),
  tools: Object.fromEntries(
    Object.entries(options.tools).map(([tool, own]) => [
      tool,
      ownCircuit(own, options, `tool ${JSON.stringify(tool)}`),
    ]),
  ),
});

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
      ...toolCircuits(options),
      mode: options.observe ? 'observe' : 'enforce',
      loops: loopsOf(options),
      serverCircuit: {
        ...(options.url === undefined ? commandDefaults(options) : urlDefaults(options)),
        backoffResetMs: relapseMs,
        // A probe gives up its place at nine tenths of this, and must not do so before the start itself times out.
        probeTimeoutMs: startTimeoutOf(options) / 0.9,
        // A command that is not running cannot be called, whatever its circuit says.
        ...(options.url === undefined && { mode: 'enforce' }),
        ...ownCircuit(options.server, {}, 'the server'),
      },
      ...(restore !== undefined && { restore }),
    });
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
