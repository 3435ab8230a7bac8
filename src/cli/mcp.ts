import { McpProxy } from '../proxy/mcp-proxy.ts';
import { help } from '../proxy/options/help.ts';
import { readOptions } from '../proxy/options/read.ts';
import { askStatus, statusText } from '../proxy/status.ts';
import { StdioClient } from '../proxy/stdio-client.ts';

const exitCodes: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

/** `toolfuse mcp`: a proxy in front of an MCP server. */
export async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, process.env);
  if (options.help) return console.log(help());
  if (options.status) {
    const all = await askStatus();
    return console.log(options.json ? JSON.stringify(all, null, 2) : statusText(all));
  }
  const proxy = new McpProxy(options, {
    writeLog: (line) => process.stderr.write(`${line}\n`),
    isTerminal: process.stderr.isTTY ?? false,
  });
  let isEnding = false;
  const end = async (exitCode: number): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await proxy.end();
    process.exit(exitCode);
  };
  for (const [signal, exitCode] of Object.entries(exitCodes)) process.on(signal, () => void end(exitCode));
  serveStdio(proxy, end);
}

function serveStdio(proxy: McpProxy, end: (exitCode: number) => Promise<void>): void {
  const client = new StdioClient({
    input: process.stdin,
    output: process.stdout,
    maxMessageBytes: proxy.maxMessageBytes,
    onEnd: (exitCode) => void end(exitCode),
  });
  client.start(proxy.open(client));
}
