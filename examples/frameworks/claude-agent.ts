import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolfuseHooks } from 'toolfuse/claude-agent';
import { claudeCodeEnvironment } from '../../test/support/claude-code-environment.ts';
import { startModelServer } from '../../test/support/model-server.ts';
import { compare, type RunAgent } from './compare.ts';

/** The parts of the SDK that are called here. */
interface Sdk {
  query(params: object): AsyncIterable<{ readonly type: string; readonly result?: string }>;
  createSdkMcpServer(options: object): object;
  tool(name: string, description: string, input: object, handler: () => Promise<object>): object;
}

const packageName = '@anthropic-ai/claude-agent-sdk';
const { query, createSdkMcpServer, tool } = (await import(packageName)) as Sdk;

/** One server for each tool: a server that is down takes all its tools along. */
function serverOf(name: string, description: string, execute: () => Promise<string>): object {
  const handler = async (): Promise<object> => ({ content: [{ type: 'text', text: await execute() }] });
  return createSdkMcpServer({ name, tools: [tool(name, description, {}, handler)] });
}

/** Runs the agent in a real Claude Code, which asks a model on this machine, and has a home of its own. */
const runAgent: RunAgent = async ({ tools: { search, notes }, model }, registry) => {
  const home = mkdtempSync(join(tmpdir(), 'toolfuse-demo-'));
  let calls = 0;
  const server = await startModelServer(({ offered, results }, request) => {
    // Requests without tools are side jobs of the client, such as a title for the conversation.
    if (offered.length === 0) return 'ok';
    const turn = model.next(request, results.at(-1));
    if (typeof turn === 'string') return turn;
    calls += 1;
    const name = turn[0]?.tool;
    return { id: `call_${calls}`, name: `mcp__${name}__${name}`, arguments: {} };
  });
  try {
    let answer = '';
    const messages = query({
      prompt: 'When, by whom and where were statecharts invented?',
      options: {
        systemPrompt: 'You are a careful researcher.',
        tools: [],
        mcpServers: {
          search: serverOf('search', 'Searches the web.', search),
          notes: serverOf('notes', 'Reads your notes.', notes),
        },
        allowedTools: ['mcp__search', 'mcp__notes'],
        hooks: registry === undefined ? {} : toolfuseHooks({ registry }),
        settingSources: [],
        persistSession: false,
        cwd: home,
        env: {
          PATH: process.env.PATH,
          HOME: home,
          ...claudeCodeEnvironment(server.url),
        },
      },
    });
    for await (const { type, result } of messages) if (type === 'result') answer = result ?? '';
    return answer;
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
};

export const isGood = await compare('the Claude Agent SDK', runAgent);
