import type { Writable } from 'node:stream';
import { HttpFront } from '../proxy/client/http-front.ts';
import { StdioClient } from '../proxy/client/stdio-client.ts';
import { McpProxy } from '../proxy/mcp-proxy.ts';
import { help } from '../proxy/options/help.ts';
import type { Address } from '../proxy/options/kinds.ts';
import { readOptions } from '../proxy/options/read.ts';
import { serverSettings } from '../proxy/options/settings.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import { askStatus } from '../proxy/status/ask-status.ts';
import { statusText } from '../proxy/status/status-text.ts';
import { within } from '../proxy/within.ts';
import { onLauncherGone } from './launcher.ts';

/** The exit codes for signals, as in a shell. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** `toolfuse mcp`: a proxy in front of an MCP server. */
export async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, process.env);
  if (options.help) return console.log(help());
  if (options.status) {
    const all = await askStatus();
    return console.log(options.json ? JSON.stringify(all, null, 2) : statusText(all));
  }
  // The reader of the log may be gone.
  process.stderr.on('error', () => {});
  const proxy = new McpProxy(options, {
    writeLog,
    isTerminal: process.stderr.isTTY ?? false,
  });
  const end = ending(proxy);
  for (const [signal, exitCode] of Object.entries(exitCodes)) process.on(signal, () => end(exitCode));
  onLauncherGone(() => end(exitCodes.SIGTERM));
  if (options.inspect) void proxy.inspect();
  if (options.listen === undefined) serveStdio(proxy, end);
  else await serveHttp(proxy, options.listen, options.idleTimeoutMs);
}

/** How much of the log is buffered while nobody reads it, in bytes. Further lines are dropped. */
const maxLogBytes = 2 ** 20;

function writeLog(line: string): void {
  if (process.stderr.writableLength < maxLogBytes) process.stderr.write(`${line}\n`);
}

/** How long a client may take to read the last answers, once it has closed its side, in ms. */
const readerMs = 30_000;

/** Resolves when everything that was written to a stream has been read, or the time is up. */
async function flushed(stream: Writable): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  const done = new Promise<void>((resolve) => {
    stream.write('', () => resolve());
    stream.once('close', resolve);
  });
  await within(readerMs, done);
}

/** Ends the proxy with its server, and then the process. A second signal does not wait for a slow reader of the last answers. */
function ending(proxy: McpProxy): (exitCode: number) => void {
  let isEnding = false;
  let hasEnded = false;
  return (exitCode) => {
    if (hasEnded) process.exit(exitCode);
    if (isEnding) return;
    isEnding = true;
    void proxy
      .end()
      .finally(() => {
        hasEnded = true;
        return exitCode > 128 ? undefined : flushed(process.stdout);
      })
      .finally(() => process.exit(exitCode));
  };
}

function serveStdio(proxy: McpProxy, onEnd: (exitCode: number) => void): void {
  const { stdin: input, stdout: output } = process;
  const { maxMessageBytes } = proxy;
  const client = new StdioClient({
    input,
    output,
    maxMessageBytes,
    onEnd: () => onEnd(session.exitCode),
  });
  const session = proxy.open(client);
  client.start(session);
}

async function serveHttp(
  proxy: McpProxy,
  address: Address,
  idleTimeoutMs = serverSettings.idleTimeoutMs.default ?? Infinity,
): Promise<void> {
  const front = new HttpFront({ proxy, address, idleTimeoutMs });
  try {
    proxy.log.tell('listening', { url: await front.listen() });
  } catch (error) {
    await proxy.end();
    throw new UsageError(`--listen ${address.host}:${address.port}: ${(error as Error).message}`);
  }
}
