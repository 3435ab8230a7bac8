import type { ToolRegistry, ToolRegistryOptions } from 'toolfuse';
import type { InspectOptions, Inspector } from 'toolfuse/inspect';
import { afterEach } from 'vitest';
import { built } from './built.ts';

const running: { registry: ToolRegistry; inspector: Inspector }[] = [];
afterEach(async () => {
  for (const { registry, inspector } of running.splice(0)) {
    await inspector.close();
    registry.stop();
  }
});

/** A registry of the built package and its inspector, both closed when the test ends. */
export async function start(options: ToolRegistryOptions = {}, inspectOptions: InspectOptions = {}) {
  const registry = built.toolfuse.createToolRegistry({
    circuit: { failureThreshold: 3, minBackoffMs: 50_000 },
    recovery: { maxOpenCircuits: 2, cooldownMs: 60_000 },
    ...options,
  });
  const inspector = await registry.inspect(inspectOptions);
  running.push({ registry, inspector });
  return { registry, inspector };
}

/** Makes a number of calls of a tool fail. */
export function fail(registry: ToolRegistry, tool: string, times: number): void {
  for (let call = 0; call < times; call += 1) registry.recordFailure(tool, 'timeout');
}
