import { StdioClient } from '../proxy/client/stdio-client.ts';
import { McpProxy } from '../proxy/mcp-proxy.ts';
import type { Address } from '../proxy/options/kinds.ts';
import { listenKey } from '../proxy/options/listen-key.ts';
import { type ProxyOptions, readOptions } from '../proxy/options/read.ts';
import { serverSettings } from '../proxy/options/settings.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import { watchStatus } from '../proxy/status/watch-status.ts';
import { Ending, exitCodes } from './ending.ts';
import { onLauncherGone, onParentGone } from './launcher.ts';
import { startTelemetry } from './telemetry.ts';

/** `toolfuse mcp`: a proxy in front of an MCP server. */
export async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, process.env);
  // What only some commands need is loaded by them: each start waits for what it loads.
  if (options.help) {
    const { help } = await import('../proxy/options/help.ts');
    return console.log(help());
  }
  if (options.status) {
    if (options.watch) return watchStatus(process.stdout);
    const { askStatus } = await import('../proxy/status/ask-status.ts');
    const { statusText } = await import('../proxy/status/status-text.ts');
    const all = await askStatus().catch((error: Error) => {
      throw new UsageError(`--status: ${error.message}`);
    });
    return console.log(options.json ? JSON.stringify(all, null, 2) : statusText(all));
  }
  const key = listenKey(options, process.env);
  // The servers do not need the keys.
  if (options.tokenEnv !== undefined) delete process.env[options.tokenEnv];
  delete process.env.TOOLFUSE_ADMIN_KEY;
  // The reader of the log may be gone.
  process.stderr.on('error', () => {});
  const telemetry = await startTelemetry(process.env, process.cwd());
  const started = typeof telemetry === 'object' ? telemetry : undefined;
  const proxy = new McpProxy(options, {
    writeLog,
    isTerminal: process.stderr.isTTY ?? false,
    telemetry: started,
  });
  if (typeof telemetry === 'string') proxy.log.tell('trouble', { what: telemetry });
  if (started !== undefined) proxy.onEnd(started.stop);
  await proxy.joinFleet();
  const ending = new Ending(proxy, process.stdout, (code) => process.exit(code));
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => ending.signalled(signal));
  }
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
  { idleTimeoutMs = serverSettings.idleTimeoutMs.default ?? Infinity, maxSessions }: ProxyOptions,
  key: string | undefined,
): Promise<void> {
  const { HttpFront } = await import('../proxy/client/http-front.ts');
  const front = new HttpFront({
    proxy,
    address,
    idleTimeoutMs,
    ...(maxSessions !== undefined && { maxSessions }),
    ...(key !== undefined && { key }),
  });
  try {
    proxy.log.tell('listening', { url: await front.listen() });
  } catch (error) {
    await proxy.end();
    throw new UsageError(`--listen ${address.host}:${address.port}: ${(error as Error).message}`);
  }
}
