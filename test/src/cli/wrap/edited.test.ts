import { describe, expect, it } from 'vitest';
import { type ClientKind, clientKinds, languageOf } from '../../../../src/cli/configuration/client-kinds.ts';
import { launchOf } from '../../../../src/cli/configuration/server-launch.ts';
import { flagsForHeaders } from '../../../../src/cli/wrap/wrap-entry.ts';
import { type ChangedText, type Decide, unwrapText, wrapText } from '../../../../src/cli/wrap/wrap-text.ts';

interface Case {
  readonly client: string;
  /** The name of a file, for its language. */
  readonly file: string;
  readonly text: string;
}

const kindOf = (id: string): ClientKind => clientKinds.find((kind) => kind.id === id) as ClientKind;

const decideIn =
  (kind: ClientKind): Decide =>
  (entry) => {
    const launch = launchOf(entry, kind);
    if (launch.how === 'none') return { why: launch.why };
    const flags = launch.how === 'url' ? flagsForHeaders(launch) : [];
    return { launcher: ['/n/node', '/t/toolfuse', 'mcp'], flags: ['--name', entry.name, ...flags] };
  };

/** Wraps a file, has its user change it, and unwraps it. */
function unwrapEdited({ client, file, text }: Case, edit: (wrapped: string) => string): ChangedText {
  const kind = kindOf(client);
  const language = languageOf(file);
  const wrapped = wrapText({ text, kind, language }, decideIn(kind)).text;
  const changed = edit(wrapped);
  expect(changed, 'the edit changes something').not.toBe(wrapped);
  return unwrapText({ text: changed, kind, language, backup: text });
}

const whyIn = ({ outcomes }: ChangedText): string | undefined => outcomes[0]?.why;

const claude: Case = {
  client: 'claude-code',
  file: '.claude.json',
  text: `{
  "mcpServers": {
    // The documents of the team.
    "docs": {
      "type": "http",
      "url": "https://docs.test/mcp",
      "headers": { "Authorization": "Bearer t1", "X-Team": "blue" }
    }
  }
}
`,
};

const codex: Case = {
  client: 'codex',
  file: 'config.toml',
  text: `[mcp_servers.docs]
url = "https://docs.test/mcp" # of the team
bearer_token_env_var = "DOCS_TOKEN"
http_headers = { "X-Team" = "blue" }
`,
};

const opencode: Case = {
  client: 'opencode',
  file: 'opencode.jsonc',
  text: `{
  "mcp": {
    "docs": { "type": "remote", "url": "https://docs.test/mcp", "oauth": false, "enabled": true },
  },
}
`,
};

const lists: Case = {
  client: 'continue',
  file: 'config.yaml',
  text: `mcpServers:
  - name: docs
    type: streamable-http
    url: https://docs.test/mcp # of the team
`,
};

describe('a server with a URL that was changed behind the proxy', () => {
  it.each([
    ['its client has written the whole file anew', claude, anew, ofOld(claude.text)],
    [
      'its client has added a type',
      opencode,
      adding('"timeout": 9, '),
      adding('"timeout": 9, ', true)(opencode.text),
    ],
    [
      'its URL is another',
      claude,
      replacing('docs.test/mcp', 'docs.test/v2'),
      replacing('docs.test/mcp', 'docs.test/v2')(claude.text),
    ],
    [
      'its URL is another, in TOML',
      codex,
      replacing('docs.test/mcp', 'docs.test/v2'),
      replacing('docs.test/mcp', 'docs.test/v2')(codex.text),
    ],
    [
      'its URL is another, in YAML',
      lists,
      replacing('docs.test/mcp', 'docs.test/v2'),
      replacing('https://docs.test/mcp', '"https://docs.test/v2"')(lists.text),
    ],
    [
      'its token is another',
      claude,
      replacing('Bearer t1', 'Bearer t2'),
      replacing('Bearer t1', 'Bearer t2')(claude.text),
    ],
    [
      'a header is gone',
      claude,
      replacing(/, "MCP_HEADER_X_TEAM": "blue"/, ''),
      replacing(', "X-Team": "blue"', '')(claude.text),
    ],
    [
      'all headers are gone',
      claude,
      replacing(/, "MCP_HEADER_AUTHORIZATION.*"blue"/, ''),
      replacing('{ "Authorization": "Bearer t1", "X-Team": "blue" }', '{  }')(claude.text),
    ],
    [
      'it is switched off',
      opencode,
      replacing('"enabled": true', '"enabled": false'),
      replacing('"enabled": true', '"enabled": false')(opencode.text),
    ],
    [
      'it was given a time limit',
      codex,
      (text: string) => `${text}tool_timeout_sec = 90\n`,
      `${codex.text}tool_timeout_sec = 90\n`,
    ],
    [
      'the proxy was given another option',
      claude,
      replacing('"--name"', '"--hide-open", "--name"'),
      claude.text,
    ],
    [
      'the proxy was given a variable of its own',
      claude,
      replacing('"TOOLFUSE_URL"', '"HTTPS_PROXY": "http://proxy.test", "TOOLFUSE_URL"'),
      claude.text,
    ],
  ])('is given back with the change: %s', (_, before, edit, after) => {
    const { text, outcomes } = unwrapEdited(before, edit);
    expect(outcomes.map(({ did, why }) => [did, why])).toEqual([['unwrapped', undefined]]);
    expect(text).toBe(after);
  });

  it.each([
    [
      'it has a variable',
      replacing('"TOOLFUSE_URL"', '"TEAM": "red", "TOOLFUSE_URL"'),
      'it was given a variable, TEAM, which a URL cannot have',
    ],
    [
      'it has no URL',
      replacing('TOOLFUSE_URL', 'NO_URL'),
      'it was given a variable, NO_URL, which a URL cannot have',
    ],
    [
      'the URL is an option',
      replacing('"--name"', '"--url", "https://x.test", "--name"'),
      'the options by which the proxy gets its URL and its headers were changed',
    ],
    [
      'a header is an option',
      replacing('"--name"', '"--header", "X: y", "--name"'),
      'the options by which the proxy gets its URL and its headers were changed',
    ],
  ])('is named, with the reason, where it is not clear what it would be: %s', (_, edit, why) => {
    const changed = unwrapEdited(claude, edit);
    expect(changed.outcomes.map(({ did }) => did)).toEqual(['left']);
    expect(whyIn(changed)).toBe(`${why}: take what was there from the copy, or write it anew`);
    expect(changed.text).toContain('/t/toolfuse');
  });
});

it('a URL that its user has put the proxy before is named where toolfuse has no copy of it', () => {
  const byHand =
    '{ "mcpServers": { "docs": { "command": "npx", "args": ["toolfuse", "mcp", "--url", "https://x.test"] } } }';
  for (const backup of [undefined, byHand]) {
    const kind = kindOf('cursor');
    const changed = unwrapText({ text: byHand, kind, language: 'json', backup });
    expect(whyIn(changed)).toMatch(/^it stands for a URL, and there is no copy of what was there: /);
    expect(changed.text).toBe(byHand);
  }
});

describe('a server with a command that was changed behind the proxy', () => {
  const command: Case = {
    client: 'claude-code',
    file: '.mcp.json',
    text: '{ "mcpServers": { "notes": { "command": "npx", "args": ["-y", "notes"], "env": { "A": "1" } } } }',
  };

  it('keeps changed arguments and variables', () => {
    const edit = (text: string): string =>
      text.replace('"notes"]', '"notes@2", "--fast"]').replace('"1"', '"2"');
    expect(unwrapEdited(command, edit).text).toBe(edit(command.text));
  });

  it('is named where its own command is gone', () => {
    const changed = unwrapEdited(command, replacing(/"--", "npx", "-y", "notes"/, '"--hide-open"'));
    expect(whyIn(changed)).toBe(
      'it was a command before, and has none after its --: take what was there from the copy, or write it anew',
    );
  });
});

function replacing(from: string | RegExp, to: string): (text: string) => string {
  return (text) => text.replace(from, to);
}

/** Adds a member to the server; at the end, where it was not there before. */
function adding(member: string, isAtEnd = false): (text: string) => string {
  return (text) =>
    isAtEnd
      ? text.replace('"enabled": true', `"enabled": true, ${member.replace(/, $/, '')}`)
      : text.replace('"enabled"', `${member}"enabled"`);
}

/** Writes a file as Claude Code does, which knows no comments. */
function anew(text: string): string {
  return JSON.stringify(JSON.parse(text.replace(/^\s*\/\/.*$/m, '')), null, 4);
}

/** The entry as it was, in a file that its client has written anew. */
function ofOld(text: string): string {
  const [entry = ''] = /"docs": \{[\s\S]*?\n {4}\}/.exec(text) ?? [];
  return `{\n    "mcpServers": {\n        ${entry}\n    }\n}`;
}
