import type * as Api from '@opentelemetry/api';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { version } from '../../package.json';
import { durationBounds } from '../measure/instruments.ts';
import { otherTools } from '../measure/tool-labels.ts';
import { instrumentWith } from '../opentelemetry/instrument.ts';
import { ofOneServer } from './one-server.ts';
import type { ServerCircuits } from './session/server-circuits.ts';
import type { RequestTelemetry } from './steps/request-spans.ts';

/** OpenTelemetry: a copy of its API, and the providers of its SDK. */
export interface Telemetry {
  readonly api: typeof Api;
  readonly meterProvider: MeterProvider;
  readonly tracerProvider: TracerProvider;
}

/** What is reported of. */
export interface ReportedServer {
  readonly name: string;
  readonly circuits: ServerCircuits;
  readonly isCommand: boolean;
}

/** Reports the circuits of a server to OpenTelemetry. @returns Where the requests are reported to. */
export function reportTo(
  { api, meterProvider, tracerProvider }: Telemetry,
  { name, circuits, isCommand }: ReportedServer,
): RequestTelemetry {
  const { registry, server } = circuits;
  // It is not stopped: the SDK reads the circuits once more when it ends.
  instrumentWith(api, registry, { name, meterProvider, spans: false }, ofOneServer(server));
  return {
    api,
    tracer: tracerProvider.getTracer('toolfuse', version),
    duration: meterProvider.getMeter('toolfuse', version).createHistogram('mcp.client.operation.duration', {
      description: 'How long a request to the server took.',
      unit: 's',
      advice: { explicitBucketBoundaries: [...durationBounds] },
    }),
    transport: isCommand ? 'pipe' : 'tcp',
    labelOf: (tool) => (registry.knownTools().has(tool) ? tool : otherTools),
  };
}
