import * as api from '@opentelemetry/api';
import type { ToolRegistry } from 'toolfuse';
import { type InstrumentOptions, instrumentWith } from './instrument.ts';

export type { InstrumentOptions } from './instrument.ts';

/**
 * Reports a registry to OpenTelemetry. Start its SDK first, or pass the providers.
 *
 * - Metrics: those of `toolfuse/prometheus`, with dots for underscores, and `gen_ai.execute_tool.duration`.
 * - A span `execute_tool NAME` for each call, inside which `execute` and `wrap` run its function. If a framework's span traces
 *   the call already, that span gets the attributes `toolfuse.…`, and there is no second one. A refused call is a short span
 *   with the status error.
 *
 * Arguments and results are never reported.
 *
 * @example
 * const stop = instrument(registry, { meterProvider, tracerProvider });
 *
 * @returns A function that stops reporting.
 * @throws TypeError for an unknown option or anything that is not a registry, RangeError for an invalid value.
 */
export function instrument(registry: ToolRegistry, options: InstrumentOptions = {}): () => void {
  return instrumentWith(api, registry, options);
}
