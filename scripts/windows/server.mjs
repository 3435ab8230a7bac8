// The server of the checks in Windows. It ends at once where the file that SERVER_ENDS_IF names exists.
import { existsSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

if (existsSync(process.env.SERVER_ENDS_IF ?? '')) process.exit(3);

const answer = (text, isError = false) => ({ content: [{ type: 'text', text }], isError });
const server = new McpServer({ name: 'checks', version: '1.0.0' });
server.registerTool('echo', { inputSchema: { words: z.string() } }, ({ words }) => answer(words));
server.registerTool('pid', {}, () => answer(String(process.pid)));
server.registerTool('args', {}, () => answer(JSON.stringify(process.argv.slice(2))));
server.registerTool('fail', {}, () => answer('connect ECONNREFUSED 127.0.0.1:9', true));
await server.connect(new StdioServerTransport());
