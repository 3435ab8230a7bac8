import {
  aboutFailurePatterns,
  aboutHeaders,
  behaviourSettings,
  callSettings,
  circuitSettings,
  flagOf,
  fleetSettings,
  type Setting,
  serverSettings,
  toolSettings,
  windowSettings,
} from './settings.ts';

const column = 32;
const width = 100;

/** Breaks a text into lines for the second column. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - column) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(column)}`);
}

function row(left: string, about: string): string {
  const first = `  ${left}`;
  return first.length < column
    ? first.padEnd(column) + wrapped(about)
    : `${first}\n${' '.repeat(column)}${wrapped(about)}`;
}

const shown = (value: unknown): string =>
  typeof value === 'number' ? value.toLocaleString('en').replace(/,/g, ' ') : String(value);

function rowOf([name, setting]: [string, Setting]): string {
  const { kind, about, default: byDefault } = setting;
  const left = `--${flagOf(name)}${kind.placeholder === undefined ? '' : ` ${kind.placeholder}`}`;
  const isTold = byDefault !== undefined && byDefault !== false;
  return row(left, isTold ? `${about} (default ${shown(byDefault)})` : about);
}

const rows = (table: Readonly<Record<string, Setting>>): string =>
  Object.entries(table).map(rowOf).join('\n');

/** The settings of circuits, a row each. */
export const circuitRows = (): string => `${rows(circuitSettings)}\n${rows(windowSettings)}`;

/** The help of `toolfuse mcp`, made from the same tables that the options are read with. */
export const help = (): string => `toolfuse mcp: circuit breakers in front of any MCP server.

  toolfuse mcp [options] -- COMMAND [ARGUMENTS…]     a server that is a command
  toolfuse mcp [options] --url URL                   a server that is reached over HTTP
  toolfuse mcp --status [--json|--watch]             the circuits of all running proxies
  toolfuse mcp wrap [FILE…]                          put it before the servers that your clients use already
  toolfuse mcp unwrap [FILE…]                        take it away again
  toolfuse mcp doctor [FILE…]                        start those servers, and say what is wrong with them

toolfuse mcp wrap does this to the configuration of a client, before the server's own command:

  { "mcpServers": { "files": {
      "command": "npx", "args": ["-y", "toolfuse", "mcp", "--",
        "npx", "-y", "@modelcontextprotocol/server-filesystem", "/some/folder"] } } }

Messages are forwarded unchanged. Calls of a tool that keeps failing, or of a server that is down, are
refused at once for a while, in words that a model can act on. A server that has died is started again.

The server
${rows(serverSettings)}
${row("--header 'NAME: VALUE'", `${aboutHeaders}; may be repeated`)}
${row('--header-env NAME=VARIABLE', 'a header whose value is that of an environment variable; may be repeated')}

The circuits (one for each tool, and one for the server)
${circuitRows()}
${rows(callSettings)}
${row('--tool NAME:KEY=VALUE', 'a setting of one tool, such as --tool search:timeout=5000, or of all that match a name with *; also alternatives=a,b: tools to suggest to the model while this one is open; may be repeated')}
${Object.entries(toolSettings)
  .map(([name, { about }]) => row(`  NAME:${flagOf(name)}=…`, about))
  .join('\n')}
${row('--server KEY=VALUE', "a setting of the server's own circuit; its failure-threshold is 1 for a command, whose failures are certain, and 3 for a URL; its min-backoff is 500 for a command and 5 000 for a URL, unless --min-backoff is given")}
${row('--failure-pattern TOOL=REGEX', `${aboutFailurePatterns}; in the syntax of RE2, which takes linear time; may be repeated`)}

The proxy
${rows({ ...behaviourSettings, ...fleetSettings })}
${row('--config FILE', 'a JSON file with these settings, named in camel case with their unit, such as minBackoffMs; also command, headers, tools, server and failurePatterns')}
${row('--help', 'print this')}

A flag wins over the environment (TOOLFUSE_MIN_BACKOFF=1000 for --min-backoff 1000), and the environment
over the file. A switch that either of them turns on is turned off by --no-NAME, such as --no-hide-open.
A command after -- wins over a URL that either of them gives.

The proxy exits with 0 when its client has gone, with 2 if the options are wrong, with 126 or 127 if the
command cannot be run or does not exist, and with 130 or 143 after SIGINT or SIGTERM. Its server
ends first.`;
