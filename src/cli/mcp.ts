import { checkServer } from '../proxy/options/check-server.ts';
import { listenKey } from '../proxy/options/listen-key.ts';
import { readOptions } from '../proxy/options/read.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import { EarlyServer } from '../proxy/server/early-server.ts';

/**
 * `toolfuse mcp`: a proxy in front of an MCP server; or what concerns the servers of all clients.
 *
 * @param early The server, where it was started before the options were read.
 */
export async function main(args: readonly string[], early?: EarlyServer): Promise<void> {
  const [command, ...rest] = args;
  if (command === 'wrap' || command === 'unwrap') return (await import('./wrap.ts')).main(command, rest);
  if (command === 'doctor') return (await import('./doctor.ts')).main(rest);
  const options = readOptions(args, process.env);
  // What only some commands need is loaded by them: each start waits for what it loads.
  if (options.help) {
    const { help } = await import('../proxy/options/help.ts');
    return console.log(help());
  }
  if (options.status) {
    if (options.watch) {
      const { watchStatus } = await import('../proxy/status/watch-status.ts');
      return watchStatus(process.stdout);
    }
    const { askStatus } = await import('../proxy/status/ask-status.ts');
    const { statusText } = await import('../proxy/status/status-text.ts');
    const all = await askStatus().catch((error: Error) => {
      throw new UsageError(`--status: ${error.message}`);
    });
    return console.log(options.json ? JSON.stringify(all, null, 2) : statusText(all));
  }
  checkServer(options);
  const key = listenKey(options, process.env);
  // The servers do not need the keys.
  if (options.tokenEnv !== undefined) delete process.env[options.tokenEnv];
  delete process.env.TOOLFUSE_ADMIN_KEY;
  // The server and most of the proxy start side by side.
  const server = early ?? EarlyServer.start(options);
  try {
    const { serveMcp } = await import('./serve-mcp.ts');
    await serveMcp(options, key, server);
  } finally {
    server?.end();
  }
}
