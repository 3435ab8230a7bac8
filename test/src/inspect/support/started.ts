import type { ToolRegistry, ToolRegistryOptions } from 'toolfuse';
import type { InspectOptions } from 'toolfuse/inspect';
import { onTestFinished } from 'vitest';
import { built } from './built.ts';

/** A registry of the built package and its inspector, both closed when the test ends. */
export async function start(options: ToolRegistryOptions = {}, inspectOptions: InspectOptions = {}) {
  const registry = built.toolfuse.createToolRegistry({
    circuit: { failureThreshold: 3, minBackoffMs: 50_000 },
    recovery: { maxOpenCircuits: 2, cooldownMs: 60_000 },
    ...options,
  });
  const inspector = await registry.inspect(inspectOptions);
  onTestFinished(async () => {
    await inspector.close();
    registry.stop();
  });
  return { registry, inspector };
}

/** Makes a number of calls of a tool fail. */
export function fail(registry: ToolRegistry, tool: string, times: number): void {
  for (let call = 0; call < times; call += 1) registry.recordFailure(tool, 'timeout');
}
