// The server that is called: one of the SDK with a small answer and a large one.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const server = new McpServer({ name: 'bench', version: '1.0.0' });
const large = 'x'.repeat(1024 * 1024);
server.registerTool('small', {}, () => ({ content: [{ type: 'text', text: 'done' }] }));
server.registerTool('large', {}, () => ({ content: [{ type: 'text', text: large }] }));
await server.connect(new StdioServerTransport());
