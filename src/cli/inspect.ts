import { parseArgs } from 'node:util';
import { UsageError } from '../proxy/options/usage-error.ts';
import { inspectedProxies } from '../proxy/status/inspected-proxies.ts';
import { onLauncherGone } from './launcher.ts';

/** The port that `createWebSocketInspector` of `@statelyai/inspect` connects to by default. */
const defaultPort = 8080;

const help = `Serves the inspector's page on this machine, to this machine only. Any XState v5 app can connect to it.

Usage: toolfuse inspect [options]

  --port PORT   the port to listen on (default ${defaultPort}, which @statelyai/inspect connects to; 0: any free port)
  --all         show the circuits of all running proxies of yours (toolfuse mcp), each under its name
  --open        open the page in the browser
  --help        print this`;

function readPort(text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port must be a whole number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        all: { type: 'boolean' },
        open: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `toolfuse inspect`: runs until it is interrupted. */
export async function main(args: readonly string[]): Promise<void> {
  const { port, all = false, open = false, help: wantsHelp = false } = readArgs(args);
  if (wantsHelp) {
    console.log(help);
    return;
  }
  const options = {
    // An app is shown at a port that it knows; a page for proxies needs none of its own.
    port: readPort(port, all ? 0 : defaultPort),
    open,
    keepAlive: true,
    ...(all && { processes: inspectedProxies }),
  };
  const { serveInspector } = await import('toolfuse/inspect');
  const inspector = await serveInspector(options).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const end = (): void => void inspector.close();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  // Watched before the address is printed: a reader may end the launcher as soon as it has the address.
  onLauncherGone(end);
  if (all) {
    console.log(`The running proxies are at ${inspector.url}`);
    return;
  }
  console.log(`The inspector is at ${inspector.url}

To show an app there:
  import { createWebSocketInspector } from '@statelyai/inspect';
  const { inspect } = createWebSocketInspector({ url: '${inspector.appUrl}' });
  createToolRegistry({ inspect }); // or createActor(machine, { inspect })`);
}
