/**
 * Throws real faults at real clients, and holds the category that each error gets against the one that is right:
 *
 *     npm run clients                   all of them, and docs/clients.md must say what came out
 *     npm run clients -- axios pg       some of them
 *     npm run clients -- mcp            those of one section: http, languages, protocols, mcp
 *     npm run clients -- --write        writes docs/clients.md
 *
 * The clients are installed apart, in scripts/clients, at the versions that its package.json names. Clients of MCP servers (Claude Code,
 * Codex, …) are run as their users run them, in front of servers that the built toolfuse guards: see scripts/mcp-clients. Those of other
 * languages are Debian's: python3-requests python3-httpx python3-aiohttp golang-go default-jdk curl.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { categorize } from '../src/classify/categorize.ts';
import { retryAfterMs } from '../src/classify/retry-after.ts';
import { type Cell, exceptionFor, faultTable, isRight } from './clients/cell.ts';
import { expectedOfFault, waitTolerance } from './clients/expected.ts';
import { closedPort, type HttpFault, httpFaults } from './clients/faults.ts';
import { foreignCells, foreignNames, languagesSection } from './clients/languages.ts';
import {
  type Server,
  serveLines,
  serveSilence,
  startMariadb,
  startPostgres,
  startRedis,
} from './clients/servers.ts';
import { installApart } from './install-apart.ts';
import { type Check, checkClient } from './mcp-clients/check.ts';
import { checkHooks } from './mcp-clients/claude-hooks.ts';
import { mcpClients } from './mcp-clients/mcp-client.ts';
import { type CheckedClient, hooksSection, mcpSection } from './mcp-clients/tables.ts';

const folder = fileURLToPath(new URL('./clients/', import.meta.url));
const docsFile = fileURLToPath(new URL('../docs/clients.md', import.meta.url));

/** After how many ms a call counts as one that does not end. */
const maxCallMs = 10_000;

/** After how many ms a call is ended by its signal, its own limit or its caller. */
const endedAfterMs = 300;

/** How many clients are asked at a time. */
const maxAtOnce = 4;

type HttpCall = (url: string, options: { signal?: AbortSignal; timeoutMs?: number }) => Promise<unknown>;
type ProtocolFault = readonly [name: string, category: string, call: () => unknown];

interface Servers {
  readonly closed: number;
  readonly silent: number;
  readonly redis: number | undefined;
  readonly postgres: number | undefined;
  readonly mariadb: number | undefined;
  /** Starts a server that speaks lines, and gives its port. */
  readonly lines: (greeting: string, replies: Record<string, string | null>) => Promise<number>;
  readonly onClose: (close: () => void) => void;
}

interface HttpClients {
  readonly httpClients: Readonly<Record<string, HttpCall>>;
  readonly takeNoSignal: ReadonlySet<string>;
  readonly haveNoLimit: ReadonlySet<string>;
}

interface ProtocolClients {
  readonly protocolClients: Readonly<Record<string, FaultsOf>>;
}

/** What a call throws, or what it does instead. */
async function failureOf(
  call: () => unknown,
): Promise<{ readonly error: unknown; readonly instead?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<{ error: unknown; instead: string }>((resolve) => {
    timer = setTimeout(() => resolve({ error: undefined, instead: 'no end' }), maxCallMs);
  });
  const run = async () => {
    try {
      await call();
      return { error: undefined, instead: 'no error' };
    } catch (error) {
      return { error };
    }
  };
  try {
    return await Promise.race([run(), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

async function httpCell(client: string, call: HttpCall, fault: HttpFault): Promise<Cell> {
  const { category = '', waitMs } = expectedOfFault[fault.name] ?? {};
  const exception = exceptionFor(client, fault.name);
  const controller = new AbortController();
  const { error, instead } = await failureOf(() => {
    if (fault.endedBy === 'caller') setTimeout(() => controller.abort(), endedAfterMs);
    return call(fault.url, {
      ...(fault.endedBy === 'deadline' && { signal: AbortSignal.timeout(endedAfterMs) }),
      ...(fault.endedBy === 'caller' && { signal: controller.signal }),
      ...(fault.endedBy === 'limit' && { timeoutMs: endedAfterMs }),
    });
  });
  const wait = retryAfterMs(error, Date.now());
  const isWaitRight = Math.abs((wait ?? 0) - (exception === undefined ? (waitMs ?? 0) : 0)) <= waitTolerance;
  const outcome = instead ?? (isWaitRight ? categorize(error) : `${categorize(error)}, wait ${wait}`);
  return {
    client,
    fault: fault.name,
    expected: exception?.outcome ?? category,
    outcome,
    error,
    ...(exception && { exception }),
    ...(wait !== undefined && { waitSeconds: Math.round((waitMs ?? wait) / 1_000) }),
  };
}

type FaultsOf = (servers: Servers) => Promise<readonly ProtocolFault[]>;

async function protocolCells(client: string, faultsOf: FaultsOf, servers: Servers): Promise<Cell[]> {
  const cells: Cell[] = [];
  let faults: readonly ProtocolFault[];
  try {
    faults = await faultsOf(servers);
  } catch (error) {
    return [{ client, fault: 'setting it up', expected: 'no error', outcome: 'an error', error }];
  }
  for (const [fault, expected, call] of faults) {
    const { error, instead } = await failureOf(call);
    cells.push({ client, fault, expected, outcome: instead ?? categorize(error), error });
  }
  return cells;
}

/** Does the same for each item, a few at a time, and keeps their order. */
async function forEach<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await act(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: maxAtOnce }, worker));
  return results;
}

function protocolTable(cells: readonly Cell[], versions: Record<string, string>): string {
  const rows = cells.map(
    (cell) =>
      `| ${cell.client} ${versions[cell.client] ?? ''} | ${cell.fault} | ${isRight(cell) ? '' : '**WRONG** '}${cell.outcome} |`,
  );
  return ['| client | fault | category |', '| --- | --- | --- |', ...rows].join('\n');
}

const args = process.argv.slice(2);
const isWriting = args.includes('--write');
const wanted = args.filter((arg) => !arg.startsWith('--'));
type Group = 'http' | 'languages' | 'protocols' | 'mcp';
const isWanted = (name: string, group: Group): boolean =>
  wanted.length === 0 || wanted.includes(name) || wanted.includes(group);
const isWhole = (group: Group): boolean => wanted.length === 0 || wanted.includes(group);

/** What needs none of the clients of npm. */
const ofOthers = new Set(['mcp', 'hooks', ...mcpClients.map(({ id }) => id), ...foreignNames]);
const areLibrariesWanted = wanted.length === 0 || wanted.some((name) => !ofOthers.has(name));
const versions = areLibrariesWanted ? installApart(folder) : {};
const moduleAt = (file: string): string => new URL(`./clients/${file}`, import.meta.url).href;
const noHttp: HttpClients = { httpClients: {}, takeNoSignal: new Set(), haveNoLimit: new Set() };
const { httpClients, takeNoSignal, haveNoLimit } = areLibrariesWanted
  ? ((await import(moduleAt('http.js'))) as HttpClients)
  : noHttp;
const { protocolClients } = areLibrariesWanted
  ? ((await import(moduleAt('protocols.js'))) as ProtocolClients)
  : { protocolClients: {} };

// Some clients throw a second time where nobody can catch it. That is theirs; what is asked here is the first.
const stray: unknown[] = [];
process.on('unhandledRejection', (error) => stray.push(error));
process.on('uncaughtException', (error) => stray.push(error));

const closing: (() => void)[] = [];
const silence = await serveSilence();
const needs = (...names: string[]): boolean => names.some((name) => isWanted(name, 'protocols'));
const start = async (
  isNeeded: boolean,
  starting: () => Promise<Server | undefined>,
): Promise<Server | undefined> => {
  const server = isNeeded ? await starting() : undefined;
  if (server !== undefined) closing.push(server.close);
  return server;
};
const redis = await start(needs('redis', 'ioredis'), startRedis);
const postgres = await start(needs('pg'), startPostgres);
const mariadb = await start(needs('mysql2'), startMariadb);
const untested = [
  needs('redis', 'ioredis') &&
    redis === undefined &&
    'ioredis and redis against a server: `redis-server` is not installed',
  needs('pg') && postgres === undefined && 'pg against a server: `postgres` and `initdb` are not installed',
  needs('mysql2') && mariadb === undefined && 'mysql2 against a server: `mariadbd` is not installed',
].filter((line) => line !== false);

const servers: Servers = {
  closed: await closedPort(),
  silent: silence.port,
  redis: redis?.port,
  postgres: postgres?.port,
  mariadb: mariadb?.port,
  lines: async (greeting, replies) => {
    const server = await serveLines(greeting, replies);
    closing.push(server.close);
    return server.port;
  },
  onClose: (close) => closing.push(close),
};

const { faults, close: closeFaults } = await httpFaults();
closing.push(closeFaults, silence.close);

const httpCells = await forEach(
  Object.entries(httpClients).filter(([name]) => isWanted(name, 'http')),
  async ([name, call]) => {
    const cells: Cell[] = [];
    for (const fault of faults) {
      const needsSignal = fault.endedBy === 'deadline' || fault.endedBy === 'caller';
      if (needsSignal && takeNoSignal.has(name)) continue;
      if (fault.endedBy === 'limit' && haveNoLimit.has(name)) continue;
      cells.push(await httpCell(name, call, fault));
    }
    return cells;
  },
);
const foreign = await foreignCells((id) => isWanted(id, 'languages'), faults, endedAfterMs);
const otherCells = await forEach(
  Object.entries(protocolClients).filter(([name]) => isWanted(name, 'protocols')),
  async ([name, faultsOf]) => protocolCells(name, faultsOf, servers),
);
for (const close of closing) close();

// One at a time: each starts several programs, and they wait for none of their servers for long.
const checked: CheckedClient[] = [];
for (const client of mcpClients.filter(({ id }) => isWanted(id, 'mcp'))) {
  checked.push({ client, checks: await checkClient(client) });
}
const [claudeCode] = mcpClients;
const hooks = claudeCode !== undefined && isWanted('hooks', 'mcp') ? await checkHooks(claudeCode) : [];

const cells = [...httpCells.flat(), ...foreign.cells, ...otherCells.flat()];

const intro = `# Clients

What real clients throw, and the category that \`categorize\` gives to it; and what real clients of MCP servers do behind the proxy and with
the hooks. \`npm run clients\` installs them, throws the faults at them, and fails where an outcome is not the right one, or where this page
says something else; \`npm run clients -- --write\` writes it.
`;

const httpSection = (): string => `## Clients that speak HTTP

*403, limit* has \`x-ratelimit-remaining: 0\` and a reset in 60 s, 429 and 503 have \`Retry-After: 7\`: the wait that is read off the
error stands behind the category. *reset* drops the connection before an answer, *cut* within its body; *no TLS* is an https
address whose server speaks http. *deadline* is \`AbortSignal.timeout\`, *own limit* the time limit of the client, *aborted* an abort
by the caller. A dash: the client has no such option.

${faultTable(httpCells.flat(), (client) => `${client} ${versions[client] ?? 'of Node'}`)}
`;

const protocolSection = (): string => `## Clients of other protocols, Node and frameworks

${protocolTable(otherCells.flat(), versions)}
`;

const before = existsSync(docsFile) ? readFileSync(docsFile, 'utf8') : '';
const sections = before.split(/^(?=## )/m);
/** A section as it came out; as the page has it, where not all of it was tested. */
const section = (isTested: boolean, write: () => string, title: string): string =>
  isTested ? write() : `${sections.find((part) => part.startsWith(title))?.trimEnd() ?? ''}\n`;
const document = [
  intro,
  section(isWhole('mcp'), () => mcpSection(checked), '## Clients of MCP servers'),
  section(isWhole('mcp'), () => (claudeCode ? hooksSection(claudeCode, hooks) : ''), '## `toolfuse hook`'),
  section(isWhole('http'), httpSection, '## Clients that speak HTTP'),
  section(
    isWhole('languages') && foreign.missing.length === 0,
    () => languagesSection(foreign.cells),
    '## Clients of other languages',
  ),
  section(isWhole('protocols') && untested.length === 0, protocolSection, '## Clients of other protocols'),
].join('\n');

console.log(document);
const wrong = cells.filter((cell) => !isRight(cell));
for (const cell of wrong) {
  console.log(`WRONG: ${cell.client}, ${cell.fault}: ${cell.outcome} instead of ${cell.expected}`);
  console.log(inspect(cell.error, { depth: 2, maxStringLength: 300 }).split('\n').slice(0, 25).join('\n'));
}
const checks = [
  ...checked.map(({ client, checks: all }) => [client.title, all] as const),
  ['hooks', hooks] as const,
];
let wrongChecks = 0;
for (const [whose, all] of checks) {
  for (const { name, expected, outcome, seen } of all.filter(
    (check: Check) => check.expected !== check.outcome,
  )) {
    wrongChecks += 1;
    console.log(`WRONG: ${whose}, ${name}: ${outcome} instead of ${expected}`);
    console.log(inspect(seen, { depth: 3, maxStringLength: 2_000 }));
  }
}
for (const line of [...untested, ...foreign.missing]) console.log(`NOT TESTED: ${line}`);
console.log(
  `${cells.length} errors of ${new Set(cells.map(({ client }) => client)).size} clients: ${cells.length - wrong.length} as expected, ${cells.filter(({ exception }) => exception !== undefined).length} of them exceptions; ${stray.length} thrown where nobody could catch them`,
);
console.log(
  `${checks.flatMap(([, all]) => all).length} checks of ${checked.length} clients of MCP servers and of the hooks, ${wrongChecks} of them wrong`,
);

if (isWriting) writeFileSync(docsFile, document);
const isCurrent = isWriting || before === document;
if (!isCurrent) console.log('docs/clients.md says something else: npm run clients -- --write');
process.exit(wrong.length + wrongChecks === 0 && isCurrent ? 0 : 1);
