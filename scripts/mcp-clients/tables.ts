/** What real clients of MCP servers do behind toolfuse, as sections of docs/clients.md. */
import type { Check } from './check.ts';
import type { McpClient } from './mcp-client.ts';

/** A row of the first table: a client with what became of each check. */
export interface CheckedClient {
  readonly client: McpClient;
  readonly checks: readonly Check[];
}

const isRight = ({ expected, outcome }: Check): boolean => expected === outcome;

const cell = (check: Check | undefined): string =>
  check === undefined ? '**WRONG** not reached' : `${isRight(check) ? '' : '**WRONG** '}${check.outcome}`;

/** The columns, by the names of the checks. */
const columns: Readonly<Record<string, string>> = {
  'list, dead, directly': 'list: dead, not wrapped',
  'list, dead': 'list: dead',
  list: 'list: works',
  'list, remembered': 'list: dead, remembered',
  'call, URL': 'call: of each server',
  'call, remembered': 'call: dead, remembered',
  'call, back': 'call: back again',
  'call 4 of a failing tool': 'calls: of a failing tool',
  unwrap: 'unwrapped at once',
  'unwrap at last': 'unwrapped at last',
};

export function mcpSection(checked: readonly CheckedClient[]): string {
  const names = Object.keys(columns);
  const rows = checked.map(({ client: { title, version }, checks }) => {
    const cells = names.map((name) => cell(checks.find((check) => check.name === name)));
    return `| ${title} ${version} | ${cells.join(' | ')} |`;
  });
  return `## Clients of MCP servers, behind \`toolfuse mcp wrap\`

Each client gets two servers by its own command (\`claude mcp add\`; Continue has none), a command and a URL with a key, and a model that is a
server of this test. *list* is what its own list says of the command (Codex lists what is configured, and starts nothing); a *call* is
what the model reads of a call that it asks for: *refused, with a time* begins "The call did not run". *dead* is a server that ends at its
start; it is *remembered* after one good run with \`--preset lasting\`. *unwrapped* compares the file with what it was before, byte for byte;
Claude Code writes its file anew whenever it runs, so that its servers are compared. Claude Code and Codex ask their model before their
servers have started; this one waits for their tools.

| client | ${Object.values(columns).join(' | ')} |
| --- | ${names.map(() => '---').join(' | ')} |
${rows.join('\n')}
`;
}

export function hooksSection({ title, version }: McpClient, checks: readonly Check[]): string {
  const rows = checks.map((check) => `| ${check.name} | ${cell(check)} |`);
  return `## \`toolfuse hook\` in ${title} ${version}

The hooks that \`toolfuse hook --settings\` prints, in its settings, and a server that no proxy sees: what the model reads of each call.

| in a session | its calls |
| --- | --- |
${rows.join('\n')}
`;
}
