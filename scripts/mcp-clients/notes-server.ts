/**
 * An MCP server with one tool, over stdio or by HTTP, that does what files beside its plan say: `PLAN.ends` ends it at its start,
 * `PLAN.fails` makes its tool fail, `PLAN.dies` ends it within a call.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const program = `import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
const [plan, tool, key] = process.argv.slice(2);
if (existsSync(plan + '.ends')) {
  console.error('there is no database');
  process.exit(3);
}
const text = (words, more) => ({ ...more, content: [{ type: 'text', text: words }] });
function resultOf(method, params) {
  if (method === 'initialize') {
    const serverInfo = { name: tool, version: '1' };
    return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo };
  }
  if (method === 'ping') return {};
  if (method === 'tools/list') {
    const inputSchema = { type: 'object', properties: { query: { type: 'string' } } };
    return { tools: [{ name: tool, description: 'Looks something up.', inputSchema }] };
  }
  if (method !== 'tools/call') return undefined;
  if (existsSync(plan + '.dies')) process.exit(4);
  return existsSync(plan + '.fails') ? text('503 Service Unavailable', { isError: true }) : text('found 4');
}
function answerTo({ id, method, params }) {
  if (id === undefined) return undefined;
  const result = resultOf(method, params);
  const error = { code: -32601, message: 'Method not found' };
  return JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) });
}
if (key === undefined) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const answer = answerTo(JSON.parse(line));
    if (answer !== undefined) console.log(answer);
  });
} else {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (key !== '' && request.headers.authorization !== 'Bearer ' + key) return response.writeHead(401).end();
      if (request.method !== 'POST') return response.writeHead(405).end();
      const answer = answerTo(JSON.parse(body));
      response.writeHead(answer === undefined ? 202 : 200, { 'content-type': 'application/json' });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}
`;

/** Writes the program of the server into a folder. @returns its path */
export function writeNotesServer(folder: string): string {
  const path = join(folder, 'notes-server.mjs');
  writeFileSync(path, program);
  return path;
}
