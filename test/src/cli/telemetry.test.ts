import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTelemetry } from '../../../src/cli/telemetry.ts';

/** A folder with these packages installed, each a single file. */
function folderWith(packages: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-telemetry-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, code] of Object.entries(packages)) {
    const file = join(folder, 'node_modules', name, 'index.js');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
  return folder;
}

const sdk = `
  exports.NodeSDK = class {
    constructor(options) { globalThis.toolfuseTold = [options.serviceName]; }
    start() {
      globalThis.toolfuseTold.push(process.env.OTEL_METRICS_EXPORTER_SEEN ?? globalThis.toolfuseEnv.OTEL_METRICS_EXPORTER);
    }
    async shutdown() { globalThis.toolfuseTold.push('shut down'); }
  };`;
const apiOfSdk = `
  exports.metrics = { getMeterProvider: () => 'meters' };
  exports.trace = { getTracerProvider: () => 'tracers' };`;

describe('OpenTelemetry of the command', () => {
  it.each([
    {},
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' },
  ])('is not started unless it is asked for: %j', async (environment) => {
    expect(await startTelemetry(environment, folderWith({}))).toBeUndefined();
  });

  it('says what to install where it is asked for, and the SDK is not there', async () => {
    expect(await startTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, folderWith({}))).toBe(
      'OTEL_EXPORTER_OTLP_ENDPOINT asks for OpenTelemetry, but @opentelemetry/sdk-node is not installed: npx -y -p toolfuse -p @opentelemetry/sdk-node toolfuse mcp …',
    );
  });

  it('is started with the SDK of the current folder and its copy of the API, and sends metrics too', async () => {
    const folder = folderWith({ '@opentelemetry/sdk-node': sdk, '@opentelemetry/api': apiOfSdk });
    const environment: NodeJS.ProcessEnv = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' };
    const told = globalThis as { toolfuseEnv?: object; toolfuseTold?: unknown[] };
    told.toolfuseEnv = environment;
    const started = await startTelemetry(environment, folder);
    if (typeof started !== 'object') throw new Error(`it was not started: ${started}`);
    expect([started.meterProvider, started.tracerProvider]).toEqual(['meters', 'tracers']);
    await started.stop();
    expect(told.toolfuseTold).toEqual(['toolfuse', 'otlp', 'shut down']);
    expect(environment).toEqual({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' });
  });

  it('is left out, in words, where its start fails', async () => {
    const broken = "exports.NodeSDK = class { start() { throw new Error('no endpoint'); } };";
    const folder = folderWith({ '@opentelemetry/sdk-node': broken, '@opentelemetry/api': apiOfSdk });
    expect(await startTelemetry({ OTEL_TRACES_EXPORTER: 'otlp' }, folder)).toBe(
      'OpenTelemetry cannot be started: no endpoint',
    );
  });
});
