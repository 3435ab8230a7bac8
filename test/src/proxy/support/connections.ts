import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandLine } from './raw-client.ts';

const program = fileURLToPath(new URL('../../../../dist/cli/index.js', import.meta.url));

/** A command line of the built proxy, as a client's configuration has it. */
export function proxy(...args: readonly string[]): CommandLine {
  if (!existsSync(program)) throw new Error('dist is missing: npm run build');
  return [process.execPath, program, 'mcp', ...args];
}

/** A server's command behind the proxy. */
export const behindProxy = (command: CommandLine, ...options: readonly string[]): CommandLine =>
  proxy('--log', 'none', ...options, '--', ...command);
