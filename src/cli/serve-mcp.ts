import { StdioClient } from '../proxy/client/stdio-client.ts';
import { exitCodes } from '../proxy/exit-codes.ts';
import { McpProxy } from '../proxy/mcp-proxy.ts';
import type { Address } from '../proxy/options/kinds.ts';
import type { ProxyOptions } from '../proxy/options/read.ts';
import { serverSettings } from '../proxy/options/settings.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import type { EarlyServer } from '../proxy/server/early-server.ts';
import { FailurePatterns } from '../proxy/session/failure-patterns.ts';
import { Ending } from './ending.ts';
import { onLauncherGone, onParentGone } from './launcher.ts';
import { startTelemetry } from './telemetry.ts';

/**
 * Runs the proxy.
 *
 * @param key The key that clients over HTTP have to show.
 * @param early The server, where it was started already.
 */
export async function serveMcp(
  options: ProxyOptions,
  key: string | undefined,
  early: EarlyServer | undefined,
): Promise<void> {
  // The reader of the log may be gone.
  process.stderr.on('error', () => {});
  const patterns = await FailurePatterns.of(options.failurePatterns);
  const telemetry = await startTelemetry(process.env, process.cwd());
  const started = typeof telemetry === 'object' ? telemetry : undefined;
  const proxy = await McpProxy.make(options, {
    writeLog,
    isTerminal: process.stderr.isTTY ?? false,
    server: early,
    telemetry: started,
    patterns,
  });
  if (typeof telemetry === 'string') proxy.log.tell('trouble', { what: telemetry });
  if (started !== undefined) proxy.onEnd(started.stop);
  await proxy.joinFleet();
  const ending = new Ending(proxy, process.stdout, (code) => process.exit(code));
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => ending.signalled(signal));
  }
  early?.leaveSignals();
  onLauncherGone(() => ending.end(exitCodes.SIGTERM));
  if (options.inspect) void proxy.inspect();
  if (options.admin !== undefined) void proxy.admin(options.admin);
  if (options.listen === undefined) serveStdio(proxy, ending);
  else await serveHttp(proxy, options.listen, options, key);
}

/** How much of the log is buffered while nobody reads it, in bytes. Further lines are dropped. */
const maxLogBytes = 2 ** 20;

function writeLog(line: string): void {
  if (process.stderr.writableLength < maxLogBytes) process.stderr.write(`${line}\n`);
}

function serveStdio(proxy: McpProxy, ending: Ending): void {
  const { stdin: input, stdout: output } = process;
  const { maxMessageBytes } = proxy;
  const onEnd = (): void => ending.end(session.exitCode);
  const client = new StdioClient({
    input,
    output,
    maxMessageBytes,
    onInputEnd: () => {
      onParentGone(onEnd);
      void session.finish().finally(onEnd);
    },
    onEnd,
  });
  const session = proxy.open(client);
  client.start(session);
}

async function serveHttp(
  proxy: McpProxy,
  address: Address,
  {
    idleTimeoutMs = serverSettings.idleTimeoutMs.default ?? Infinity,
    maxSessions,
    allowOrigin,
  }: ProxyOptions,
  key: string | undefined,
): Promise<void> {
  const { HttpFront } = await import('../proxy/client/http-front.ts');
  const front = new HttpFront({
    proxy,
    address,
    idleTimeoutMs,
    ...(maxSessions !== undefined && { maxSessions }),
    ...(allowOrigin !== undefined && { allowedOrigins: allowOrigin }),
    ...(key !== undefined && { key }),
  });
  try {
    proxy.log.tell('listening', { url: await front.listen() });
  } catch (error) {
    await proxy.end();
    throw new UsageError(`--listen ${address.host}:${address.port}: ${(error as Error).message}`);
  }
}
