/**
 * Calls the tools of real MCP servers with arguments that are missing, and with some of the wrong type, through the built proxy, and
 * shows which of these calls count against their tools. None should: a tool is not broken because a model has got its arguments wrong.
 *
 *     npm run servers                   all of them, and docs/servers.md must say what came out
 *     npm run servers -- @eslint/mcp    some of them
 *     npm run servers -- --write        writes docs/servers.md
 *
 * The servers are installed apart, in scripts/servers, at the versions that its package.json names (1.1 GB). They run in an empty folder,
 * with keys that open nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { installApart } from './install-apart.ts';
import { type RealServer, realServers } from './servers/servers.ts';

const folder = fileURLToPath(new URL('./servers/', import.meta.url));
const command = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const docsFile = fileURLToPath(new URL('../docs/servers.md', import.meta.url));

const startMs = 60_000;
const callMs = 15_000;

/** Tools whose names say that they delete, kill, install or the like. */
const acts = /install|shutdown|kill|terminate|delete|feedback|process|command|onboarding/i;

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
  readonly required?: readonly string[];
}

interface Called {
  readonly tool: string;
  readonly said: string;
}

/** What came of the calls of one server. */
interface Row {
  readonly server: RealServer;
  readonly version: string;
  readonly tools: number;
  readonly calls: number;
  /** Calls that do not count, and those that went well: some tools take anything. */
  readonly ignored: number;
  readonly successes: number;
  /** What counts, and should not. */
  readonly counted: readonly Called[];
}

/** A value of another type, where the schema names one type. */
const wrong = ({ type }: { readonly type?: unknown }): unknown => (type === 'string' ? 12_345 : 'zzz');

/** What a server said of a call, in one line. */
async function saidOf(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  try {
    const { content } = await client.callTool({ name, arguments: args }, { timeout: callMs });
    const [first] = content as readonly { readonly text?: string }[];
    return (first?.text ?? '').replaceAll(/\s+/g, ' ');
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ');
  }
}

async function check(server: RealServer, version: string): Promise<Row> {
  const home = mkdtempSync(join(tmpdir(), 'toolfuse-server-'));
  const record = join(home, 'calls.jsonl');
  const [program, ...args] = server.command;
  const client = new Client({ name: 'servers', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      ...[command, 'mcp', '--log', 'none', '--observe', '--record', record, '--'],
      ...[join(folder, 'node_modules/.bin', program), ...args],
    ],
    cwd: home,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      KUBECONFIG: join(folder, 'kubeconfig.yaml'),
      ...server.env,
    },
    stderr: 'ignore',
  });
  try {
    await client.connect(transport, { timeout: startMs });
    const { tools } = await client.listTools();
    const asking = tools.filter(
      ({ name, inputSchema }) => !acts.test(name) && ((inputSchema as Schema).required ?? []).length > 0,
    );
    const called: Called[] = [];
    for (const { name, inputSchema } of asking) {
      const { properties = {}, required = [] } = inputSchema as Schema;
      const ofWrongType = Object.fromEntries(required.map((key) => [key, wrong(properties[key] ?? {})]));
      for (const given of [{}, ofWrongType]) {
        called.push({ tool: name, said: await saidOf(client, name, given) });
      }
    }
    await client.close();
    const outcomes = readFileSync(record, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    if (outcomes.length !== called.length) {
      throw new Error(`${called.length} calls, of which ${outcomes.length} were recorded`);
    }
    const row: Row = {
      server,
      version,
      tools: tools.length,
      calls: called.length,
      ignored: outcomes.filter((outcome) => outcome === 'ignored').length,
      successes: outcomes.filter((outcome) => outcome === 'success').length,
      counted: called.filter((_, index) => outcomes[index] === 'failure'),
    };
    if (row.ignored + row.successes + row.counted.length !== row.calls) {
      throw new Error(`${server.name} has calls of another outcome: ${outcomes.join(', ')}`);
    }
    return row;
  } finally {
    await client.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const rowText = ({ server, version, tools, calls, ignored, successes, counted }: Row): string =>
  `| ${server.name} ${version} | ${server.writtenWith} | ${tools} | ${calls} | ${ignored} | ${successes} | ${counted.length} |`;

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !realServers.some((server) => server.name === name));
if (unknown.length > 0) throw new Error(`No such server: ${unknown.join(', ')}`);
if (args.includes('--write') && wanted.length > 0)
  throw new Error('--write writes of all servers: name none');
const versions = installApart(folder);
const rows: Row[] = [];
for (const server of realServers) {
  if (wanted.length > 0 && !wanted.includes(server.name)) continue;
  console.log(`${server.name} …`);
  rows.push(await check(server, versions[server.name] ?? ''));
}

const sum = (count: (row: Row) => number): number => rows.reduce((total, row) => total + count(row), 0);
const calls = sum((row) => row.calls);
const ignored = sum((row) => row.ignored);
const counted = rows.flatMap((row) => row.counted.map((each) => ({ ...each, server: row.server.name })));
const document = `# Servers

How the proxy counts calls of real MCP servers with wrong arguments. Each tool that requires arguments is called twice: with none, and
with all of a wrong type. A tool is not broken because a model has got its arguments wrong, so these calls should not count.
\`npm run servers\` installs the servers (1.1 GB), calls them, and fails where one counts, or where this page says something else;
\`npm run servers -- --write\` writes it. Tools whose names say that they delete, kill, install or the like are left out.

*Well* is a success: the tool made something of it, or says in a good answer what it lacks.

| server | written with | tools | calls | do not count | well | count |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(rowText).join('\n')}

${calls} calls of ${rows.length} servers: ${ignored} do not count, ${sum((row) => row.successes)} went well, ${counted.length} count.
`;

console.log(`\n${document}`);
for (const { server, tool, said } of counted)
  console.log(`COUNTS: ${server}, ${tool}: ${said.slice(0, 300)}`);
if (args.includes('--write')) writeFileSync(docsFile, document);
const before = existsSync(docsFile) ? readFileSync(docsFile, 'utf8') : '';
const isCurrent = wanted.length > 0 || before === document;
if (!isCurrent) console.log('docs/servers.md says something else: npm run servers -- --write');
process.exit(counted.length === 0 && isCurrent ? 0 : 1);
