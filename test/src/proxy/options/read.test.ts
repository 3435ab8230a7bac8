import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOptions } from '../../../../src/proxy/options/read.ts';
import { UsageError } from '../../../../src/proxy/options/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function config(content: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const complaint = (args: readonly string[], environment = {}): string => {
  try {
    readOptions(args, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('it was understood');
};

describe('the command of the server', () => {
  it('is everything after --, including flags', () => {
    const { command, minBackoffMs } = readOptions(
      ['--min-backoff', '10', '--', 'npx', '-y', 'server', '--help', '--'],
      {},
    );
    expect(command).toEqual(['npx', '-y', 'server', '--help', '--']);
    expect(minBackoffMs).toBe(10);
  });

  it('must come after --', () => {
    expect(complaint(['npx', 'server'])).toBe(
      '"npx" is not an option; the server\'s command goes after --, as in: toolfuse mcp -- npx -y some-server',
    );
  });
});

describe('the server', () => {
  const [command, url] = [['a'], 'http://a/'];
  it.each([
    ['a command on the command line', ['--', 'b'], {}, { url }, { command: ['b'] }],
    ['a command on the command line', ['--', 'b'], { TOOLFUSE_URL: url }, {}, { command: ['b'] }],
    ['a URL on the command line', ['--url', 'http://b/'], {}, { command }, { url: 'http://b/' }],
    ['a URL in the environment', [], { TOOLFUSE_URL: 'http://b/' }, { command }, { url: 'http://b/' }],
    ['a URL in the environment', [], { TOOLFUSE_URL: 'http://b/' }, { url }, { url: 'http://b/' }],
    ['a command in the file', [], {}, { command }, { command }],
    ['a URL in the file', [], {}, { url }, { url }],
  ])('is %s, rather than another one: %j %j %j', (_, args, environment, content, expected) => {
    const options = readOptions(['--config', config(content), ...args], environment);
    expect({ command: options.command, url: options.url }).toEqual({ command: [], ...expected });
  });

  it('that is not used takes its headers with it', () => {
    const file = config({ url, headers: { A: `\${TOOLFUSE_TOKEN}` } });
    expect(readOptions(['--config', file, '--', 'b'], {}).headers).toEqual({});
    expect(readOptions(['--config', file, '--url', 'http://b'], { TOOLFUSE_TOKEN: 'x' }).headers).toEqual({
      A: 'x',
    });
    expect(readOptions(['--config', file, '--', 'b'], { TOOLFUSE_TOKEN: 'x' }).doubts).toEqual([]);
  });

  it('is ambiguous if the command line names two: neither wins', () => {
    expect(readOptions(['--url', url, '--', 'b'], {})).toMatchObject({ url, command: ['b'] });
  });
});

describe('a setting', () => {
  it('comes from a flag rather than the environment, and from the environment rather than the file', () => {
    const file = config({ minBackoffMs: 1, maxBackoffMs: 1, failureThreshold: 1, name: 'file' });
    const environment = { TOOLFUSE_CONFIG: file, TOOLFUSE_MIN_BACKOFF: '2', TOOLFUSE_MAX_BACKOFF: '2' };
    expect(readOptions(['--min-backoff', '3'], environment)).toMatchObject({
      minBackoffMs: 3,
      maxBackoffMs: 2,
      failureThreshold: 1,
      name: 'file',
    });
  });

  it('is not given by an empty variable', () => {
    expect(readOptions([], { TOOLFUSE_TIMEOUT: '' }).timeoutMs).toBeUndefined();
    expect(readOptions([], { TOOLFUSE_CONFIG: '' }).command).toEqual([]);
  });

  it.each([
    [['--hide-open'], {}, true],
    [[], { TOOLFUSE_HIDE_OPEN: 'yes' }, true],
    [[], { TOOLFUSE_HIDE_OPEN: '0' }, false],
    [['--no-hide-open'], { TOOLFUSE_HIDE_OPEN: 'yes' }, false],
    [['--no-hide-open', '--hide-open'], {}, true],
    [['--hide-open', '--no-hide-open'], {}, false],
  ] as const)('that is on or off: %j %j', (args, environment, expected) => {
    expect(readOptions(args, environment).hideOpen).toBe(expected);
  });

  it.each([
    ['8808', { host: '127.0.0.1', port: 8808 }],
    ['localhost:1', { host: 'localhost', port: 1 }],
    ['[::1]:0', { host: '::1', port: 0 }],
  ])('that says where to listen: %s', (text, expected) => {
    expect(readOptions(['--listen', text], {}).listen).toEqual(expected);
  });

  it.each([
    [['--min-backoff', 'soon'], '--min-backoff must be a number of milliseconds, 0 or more, got "soon"'],
    [['--min-backoff', ''], '--min-backoff must be a number of milliseconds, 0 or more, got ""'],
    [['--min-backoff', '-1'], "Option '--min-backoff' argument is ambiguous"],
    [['--timeout', '0'], '--timeout must be a number of milliseconds above 0, at most 2147483647, got "0"'],
    [['--failure-threshold', '1.5'], '--failure-threshold must be a positive integer, got "1.5"'],
    [['--backoff-factor', 'Infinity'], '--backoff-factor must be a number, 1 or more, got "Infinity"'],
    [['--result-errors', 'all'], '--result-errors must be one of tool, known, ignore, got "all"'],
    [['--url', 'ftp://a'], '--url must be a URL that begins with http: or https:, got "ftp://a"'],
    [
      ['--listen', '70000'],
      '--listen must be a port from 0 to 65535, such as 8808 or 127.0.0.1:8808, got "70000"',
    ],
    [
      ['--max-message-mb', '1000'],
      '--max-message-mb must be a number of megabytes above 0, at most 512, got "1000"',
    ],
    [['--state', ' '], '--state must be a non-empty string, got " "'],
    [['--no-such'], "Unknown option '--no-such'"],
    [['--no-min-backoff'], "Unknown option '--no-min-backoff'"],
    [['--header', 'X'], '--header "X" must be \'NAME: VALUE\''],
    [['--header', 'Bearer s3cret'], "--header must be 'NAME: VALUE'"],
    [['--header', 's3cret-tok3n'], "--header must be 'NAME: VALUE'"],
    [['--url', 'htp://a/mcp?key=s3cret'], '--url must be a URL that begins with http: or https:'],
  ])('is refused by its flag and value: %j', (args, expected) => {
    expect(complaint(args)).toContain(expected);
  });

  it('is refused by its variable and value', () => {
    expect(complaint([], { TOOLFUSE_LOG: 'xml' })).toBe(
      'TOOLFUSE_LOG must be one of human, json, none, got "xml"',
    );
    expect(complaint([], { TOOLFUSE_HIDE_OPEN: 'maybe' })).toBe(
      'TOOLFUSE_HIDE_OPEN must be true or false, got "maybe"',
    );
  });
});

describe('the settings of one tool', () => {
  it('are given by flag, in either spelling, and add up', () => {
    const args = [
      '--tool',
      'a:b:timeout=5',
      '--tool',
      'a:b:minBackoffMs=6',
      '--tool',
      'c:alternatives=d,e=f',
    ];
    expect(readOptions(args, {}).tools).toEqual({
      'a:b': { timeoutMs: 5, minBackoffMs: 6 },
      c: { alternatives: ['d', 'e=f'] },
    });
  });

  it('win by flag over those of the file, one by one', () => {
    const file = config({
      tools: { a: { timeoutMs: 1, failureThreshold: 1 } },
      server: { failureThreshold: 9 },
    });
    const args = ['--config', file, '--tool', 'a:timeout=2', '--server', 'min-backoff=3'];
    expect(readOptions(args, {})).toMatchObject({
      tools: { a: { timeoutMs: 2, failureThreshold: 1 } },
      server: { failureThreshold: 9, minBackoffMs: 3 },
    });
  });

  it.each([
    [['--tool', 'a'], '--tool "a" must be NAME:KEY=VALUE'],
    [['--tool', 'a=1'], '--tool "a=1" must be NAME:KEY=VALUE'],
    [['--tool', 'a:alternatives='], '--tool a:alternatives must be a list of tool names, got ""'],
    [['--tool', 'a:alternatives=b,,c'], '--tool a:alternatives must be a list of tool names, got "b,,c"'],
    [
      ['--tool', 'a:sizes=1'],
      '--tool a:sizes is not a setting; the settings of a tool are failure-threshold, min-backoff',
    ],
    [
      ['--tool', 'a:timeout=x'],
      '--tool a:timeout must be a number of milliseconds above 0, at most 2147483647, got "x"',
    ],
    [
      ['--server', 'timeout=5'],
      '--server timeout is not a setting; the settings of the server are failure-threshold, min-backoff',
    ],
    [
      ['--server', 'alternatives=a'],
      '--server alternatives is not a setting; the settings of the server are',
    ],
    [['--server', 'x'], '--server "x" must be KEY=VALUE'],
    [['--server', 'failure-threshold=0'], '--server failure-threshold must be a positive integer, got "0"'],
  ])('are refused by name: %j', (args, expected) => {
    expect(complaint(args)).toContain(expected);
  });
});

describe('headers', () => {
  it('take secrets from the environment', () => {
    const args = ['--header', `Authorization: Bearer \${TOKEN}`, '--header', 'X-Time: 12:30'];
    expect(readOptions(args, { TOKEN: 's3cret' }).headers).toEqual({
      Authorization: 'Bearer s3cret',
      'X-Time': '12:30',
    });
  });

  it('take them in the words of VS Code as well', () => {
    const args = ['--header', `A: \${env:TOKEN}`, '--header', `B: \${input:TOKEN}`];
    expect(readOptions(args, { TOKEN: 's3cret' }).headers).toEqual({ A: 's3cret', B: `\${input:TOKEN}` });
  });

  it.each([
    ['X Y: s3cret', 'header "X Y" has a name that HTTP does not allow'],
    [': s3cret', 'must be'],
    ['X: s3cret\n', undefined],
    ['X: s3\ncret', 'header X has a value that HTTP does not allow'],
    [`X: \${TOKEN}`, 'header X has a value that HTTP does not allow'],
  ])('are refused if HTTP does not allow them, without showing the value: %j', (header, expected) => {
    const args = ['--header', header];
    if (expected === undefined) expect(readOptions(args, {}).headers).toEqual({ X: 's3cret' });
    else {
      const told = complaint(args, { TOKEN: 's3cret\u0000' });
      expect(told).toContain(expected);
      if (expected.startsWith('header')) expect(told).not.toContain('s3');
    }
  });

  it('are refused if the environment lacks a variable', () => {
    expect(complaint(['--header', `A: \${NOPE}`])).toBe(
      'header A needs the environment variable NOPE, which is not set',
    );
  });

  it('with the same name in another case are one header, and the last one counts', () => {
    const file = config({ headers: { authorization: 'Bearer file', 'X-Key': 'file' } });
    const args = [
      '--config',
      file,
      '--header',
      'Authorization: Bearer flag',
      '--header',
      'AUTHORIZATION: last',
    ];
    expect(readOptions(args, {}).headers).toEqual({ AUTHORIZATION: 'last', 'X-Key': 'file' });
  });

  it.each(['Content-Type', 'accept', 'MCP-Session-Id', 'mcp-protocol-version', 'Content-Length'])(
    'are not those that the proxy sends by itself: %s',
    (name) => {
      const words = `header ${name} is set by the proxy itself`;
      expect(complaint(['--header', `${name}: x`])).toBe(words);
      expect(complaint(['--config', config({ headers: { [name]: 'x' } })])).toBe(words);
    },
  );
});

describe('a URL', () => {
  it.each([
    'https://user:s3cret@host/mcp',
    'http://s3cret@host/mcp',
    'https:user:s3cret@host',
    'HTTPS://user:s3cret@host',
  ])('with a user or a password is refused, without showing it: %s', (url) => {
    const words = 'must be a URL without user and password: put them in a header';
    expect(complaint(['--url', url])).toBe(`--url ${words}`);
    expect(complaint(['--config', config({ url })])).toContain(`url ${words}`);
  });

  it('may hold an @ elsewhere', () => {
    const url = 'https://host/@scope/mcp?to=a@b';
    expect(readOptions(['--url', url], {}).url).toBe(url);
  });
});

describe('a configuration file', () => {
  it('can hold everything that a command line can', () => {
    const content = {
      $schema: './mcp.schema.json',
      command: ['npx', 'server'],
      headers: { A: 'b' },
      listen: 8808,
      hideOpen: true,
      tools: { a: { alternatives: ['b'] } },
    };
    const { $schema: _, ...expected } = content;
    expect(readOptions(['--config', config(content)], {})).toMatchObject({
      ...expected,
      listen: { host: '127.0.0.1', port: 8808 },
    });
  });

  it.each([
    ['{', 'cannot be read: '],
    [[], 'must hold a JSON object, got an array'],
    [
      { tools: { a: { 'failure-threshold': 1 } } },
      'tools.a.failure-threshold is not a setting; the settings of a tool are failureThreshold',
    ],
    [{ minBackoff: 1 }, 'minBackoff is not a setting; see toolfuse mcp --help'],
    [{ minBackoffMs: '1' }, 'minBackoffMs must be a number of milliseconds, 0 or more, got "1"'],
    [{ hideOpen: 'yes' }, 'hideOpen must be true or false, got "yes"'],
    [{ command: 'npx server' }, 'command must be a list of strings, got "npx server"'],
    [{ headers: { a: 1 } }, 'headers must be an object of strings, got an object'],
    [{ constructor: 1 }, 'constructor is not a setting'],
    [JSON.parse('{"__proto__":{}}'), '__proto__ is not a setting'],
    [{ tools: { a: { constructor: 1 } } }, 'tools.a.constructor is not a setting'],
    [{ tools: [] }, 'tools must be an object, got an array'],
    [{ tools: { a: 1 } }, 'tools.a must be an object, got 1'],
    [{ tools: { a: { alternatives: 'b' } } }, 'tools.a.alternatives must be a list of tool names, got "b"'],
    [{ server: { minBackoffMs: -1 } }, 'server.minBackoffMs must be'],
    [{ server: { timeoutMs: 1 } }, 'server.timeoutMs is not a setting'],
    [{ server: { alternatives: ['a'] } }, 'server.alternatives is not a setting'],
  ])('is refused with the name of the wrong field: %j', (content, expected) => {
    expect(complaint(['--config', config(content)])).toContain(expected);
  });

  it('is refused if it does not exist', () => {
    expect(complaint(['--config', join(folder, 'none.json')])).toMatch(/none\.json" cannot be read: ENOENT/);
  });
});

describe('a command line for --status', () => {
  it.each([
    [['--json', '--', 'server'], '--json needs --status'],
    [['--status', '--', 'server'], '--status shows all running proxies, and takes no server'],
  ])('%j is refused as unclear', (args, words) => {
    expect(complaint(args)).toBe(words);
  });
});

describe('a variable of the environment', () => {
  it('that looks like a setting but is not one is reported, unless a header uses it', () => {
    const environment = {
      TOOLFUSE_MIN_BAKOFF: '1',
      TOOLFUSE_TOKEN: 's3cret',
      TOOLFUSE_KEY: 'k3y',
      TOOLFUSE_MIN_BACKOFF: '1',
    };
    const args = ['--url', 'http://a', '--header', `X: \${TOOLFUSE_TOKEN}`, '--token-env', 'TOOLFUSE_KEY'];
    expect(readOptions(args, environment).doubts).toEqual([
      'TOOLFUSE_MIN_BAKOFF in the environment is not a setting; see toolfuse mcp --help',
    ]);
  });
});

describe('the origins of pages', () => {
  it('are read as browsers name them, from a list with commas or from JSON', () => {
    const flags = ['--allow-origin', 'https://App.example:443, http://10.0.0.7:3000,app://me'];
    expect(readOptions(flags, {}).allowOrigin).toEqual([
      'https://app.example',
      'http://10.0.0.7:3000',
      'app://me',
    ]);
    const file = config({ allowOrigin: ['https://a.example'] });
    expect(readOptions(['--config', file], {}).allowOrigin).toEqual(['https://a.example']);
  });

  it.each(['*', 'null', 'app.example', 'https://app.example/path', 'https://a.example,', ''])(
    'are no %j',
    (value) => {
      expect(complaint(['--allow-origin', value])).toContain(
        '--allow-origin must be a list of origins, such as',
      );
    },
  );
});
