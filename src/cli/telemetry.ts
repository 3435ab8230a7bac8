import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Telemetry } from '../proxy/proxy-telemetry.ts';
import { within } from '../proxy/within.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of `@opentelemetry/sdk-node` that is needed. */
interface SdkModule {
  readonly NodeSDK: new (options: {
    readonly serviceName: string;
  }) => { start(): void; shutdown(): Promise<void> };
}

/** OpenTelemetry, started. */
export interface StartedTelemetry extends Telemetry {
  /** Sends what is left. */
  readonly stop: () => Promise<void>;
}

const sdkName = '@opentelemetry/sdk-node';
const variables = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
] as const;

/** How long sending what is left may take, in ms. */
const maxStopMs = 5_000;

/** The variable that asks for OpenTelemetry; undefined if none does. */
const asking = (environment: Environment): string | undefined =>
  environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true'
    ? undefined
    : variables.find((name) => environment[name] && environment[name] !== 'none');

/**
 * Starts the SDK of OpenTelemetry, if the usual environment variables ask for it. It is looked for next to toolfuse, and then in
 * the current folder.
 *
 * @returns Why it could not be started, in words; undefined if nobody asks for it.
 */
export async function startTelemetry(
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<StartedTelemetry | string | undefined> {
  const because = asking(environment);
  if (because === undefined) return undefined;
  const found = resolveSdk(folder);
  if (found === undefined) {
    return `${because} asks for OpenTelemetry, but ${sdkName} is not installed: npx -y -p toolfuse -p ${sdkName} toolfuse mcp …`;
  }
  try {
    const { NodeSDK } = (await load(found)) as unknown as SdkModule;
    // The API that the SDK uses: another copy, of another version, might not know the SDK's providers.
    const api = (await load(
      createRequire(found).resolve('@opentelemetry/api'),
    )) as unknown as Telemetry['api'];
    const sdk = withDefaults(environment, () => {
      const started = new NodeSDK({ serviceName: environment.OTEL_SERVICE_NAME ?? 'toolfuse' });
      started.start();
      return started;
    });
    return {
      api,
      meterProvider: api.metrics.getMeterProvider(),
      tracerProvider: api.trace.getTracerProvider(),
      stop: async () => {
        await within(
          maxStopMs,
          sdk.shutdown().catch(() => {}),
        );
      },
    };
  } catch (error) {
    return `OpenTelemetry cannot be started: ${(error as Error).message}`;
  }
}

function resolveSdk(folder: string): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(folder, 'index.js')).href]) {
    try {
      return createRequire(from).resolve(sdkName);
    } catch {
      // It is not installed there.
    }
  }
  return undefined;
}

/** Loads a module, whether its format is ESM or CommonJS. */
async function load(path: string): Promise<Record<string, unknown>> {
  const module = (await import(pathToFileURL(path).href)) as { default?: Record<string, unknown> };
  return { ...module.default, ...module };
}

/** Lets the SDK send metrics as well, and no logs, unless it is told otherwise. The server does not inherit that. */
function withDefaults<Result>(environment: NodeJS.ProcessEnv, start: () => Result): Result {
  const defaults = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'none' };
  const added = Object.keys(defaults).filter((name) => environment[name] === undefined);
  for (const name of added) environment[name] = defaults[name as keyof typeof defaults];
  try {
    return start();
  } finally {
    for (const name of added) delete environment[name];
  }
}
