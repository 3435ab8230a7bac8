import { createToolRegistry } from 'toolfuse';
import { isCounted } from 'toolfuse/machines';
import { deniedResult, resultFailure } from 'toolfuse/mcp';
import { describe, expect, it } from 'vitest';

const failed = (...texts: string[]) => ({
  isError: true,
  content: texts.map((text) => ({ type: 'text', text })),
});

const categoryOf = (...texts: string[]) => resultFailure(failed(...texts))?.category;

describe('a result without an error', () => {
  it.each([
    ['text', { content: [{ type: 'text', text: 'MCP error -32602: Tool x not found' }] }],
    ['isError: false', { content: [], isError: false }],
    ['structured content', { content: [], structuredContent: { error: 'ETIMEDOUT' } }],
    ['no result at all', undefined],
    ['a word', 'timeout'],
  ])('is not a failure: %s', (_what, result) => {
    expect(resultFailure(result)).toBeNull();
  });
});

describe('an isError result', () => {
  it('keeps its text for the denial', () => {
    const failure = resultFailure(failed('connect ECONNREFUSED', 'twice'));
    expect(failure).toBeInstanceOf(Error);
    expect(failure?.message).toBe('connect ECONNREFUSED\ntwice');
  });

  // Texts of the official servers; test/src/mcp/real-servers.test.ts checks them.
  it.each([
    [
      'MCP error -32602: Input validation error: Invalid arguments for tool echo: Invalid input',
      'invalidParameters',
    ],
    ['MCP error -32602: Tool nope not found', 'toolNotFound'],
    ['MCP error -32602: Tool search disabled', 'toolNotFound'],
    ["ENOENT: no such file or directory, open '/a.txt'", 'resourceNotFound'],
    ['Access denied - path outside allowed directories: /etc/passwd not in /a', 'permissionDenied'],
    ['EISDIR: illegal operation on a directory, read', 'invalidParameters'],
    ["ENOTDIR: not a directory, scandir '/a.txt'", 'invalidParameters'],
    ["EEXIST: file already exists, mkdir '/a.txt'", 'invalidParameters'],
    ['Destination already exists: /a.txt', 'invalidParameters'],
    ['Cannot specify both head and tail parameters simultaneously', 'invalidParameters'],
    ['Could not find exact match for edit:\nzzz', 'invalidParameters'],
    ['Invalid resourceId: -4. Must be a finite positive integer.', 'invalidParameters'],
    ['Entity with name Jane Doe not found', 'resourceNotFound'],
    ['Unknown tool: nope', 'toolNotFound'],
    ["Input validation error: 'path' is a required property", 'invalidParameters'],
    [
      'Error executing tool add: 1 validation error for addArguments\na\n  Field required',
      'invalidParameters',
    ],
    ['failed to create issue: POST https://api.github.com/x: 422 Validation Failed []', 'invalidParameters'],
    ['[{"code":"invalid_type","expected":"string","path":["a"],"message":"Required"}]', 'invalidParameters'],
    ['Error: [\n  {\n    "code": "invalid_type",\n    "expected": "number"', 'invalidParameters'],
    [
      '{"mode":["The selected mode is invalid."],"hero":["The hero field is required."]}',
      'invalidParameters',
    ],
    ['Error executing tool x: {"email":["can\'t be blank"]}', 'invalidParameters'],
    ["Error: No canvas generated. Please use 'drawing_generateCanvas' first.", 'invalidParameters'],
    ['You must call open_file first', 'invalidParameters'],
    ['Error executing tool x: Failed to search features by category: 400', 'invalidParameters'],
    [
      'The sites robots.txt (https://example.test/robots.txt), specifies that autonomous fetching of this page is not allowed',
      'policyViolation',
    ],
    ["Error executing tool x: Server 'Asset Price' is not defined in the configuration.", 'toolNotFound'],
    ['No such function name: fly', 'toolNotFound'],
    ['Missing required inputs. Please provide either a slug or a branch.', 'invalidParameters'],
    ['payment method not found', 'resourceNotFound'],
    ['Error reading search results: Search session s-1 not found', 'resourceNotFound'],
    ['No session found for PID 17', 'resourceNotFound'],
    [
      'MCP error -32603: Tool execution failed: Error: Port-forward with id 12345 not found',
      'resourceNotFound',
    ],
    ['Connection "c-1" does not exist or has expired.', 'resourceNotFound'],
    [
      "Error: Failed to send input to process 17. The process may have exited or doesn't accept input.",
      'resourceNotFound',
    ],
    ['failed to get issue: GET https://api.github.com/x: 404 Not Found []', 'resourceNotFound'],
    ['The request was cancelled by the user', 'cancelled'],
    // Of databases
    ['no such table: users', 'invalidParameters'],
    ['no such column: colour', 'invalidParameters'],
    [
      '(sqlite3.IntegrityError) UNIQUE constraint failed: users.email\n[SQL: INSERT INTO x]',
      'invalidParameters',
    ],
    ['near "FORM": syntax error', 'invalidParameters'],
    ["Unknown column 'colour' in 'field list'", 'invalidParameters'],
    ['UNIQUE constraint failed: users.email', 'invalidParameters'],
    ['NOT NULL constraint failed: users.email', 'invalidParameters'],
    ['column "a.b" must appear in the GROUP BY clause', 'invalidParameters'],
    ['missing FROM-clause entry for table "a"', 'invalidParameters'],
    ['column reference "id" is ambiguous', 'invalidParameters'],
    ['operator does not exist: text = integer', 'invalidParameters'],
    ["Table 'shop.users' doesn't exist", 'invalidParameters'],
    ['function lower(integer) does not exist', 'invalidParameters'],
    ['cannot execute INSERT in a read-only transaction', 'permissionDenied'],
    ["Invalid object name 'users'.", 'invalidParameters'],
    ["Invalid column name 'colour'.", 'invalidParameters'],
    ["Incorrect syntax near 'FORM'.", 'invalidParameters'],
    ["Duplicate entry 'x' for key 'PRIMARY'", 'invalidParameters'],
    ["Column 'colour' cannot be null", 'invalidParameters'],
    ["Column 'id' in where clause is ambiguous", 'invalidParameters'],
    ["line 1:8: Column 'colour' cannot be resolved", 'invalidParameters'],
    ['ambiguous column name: id', 'invalidParameters'],
    ['table users has no column named colour', 'invalidParameters'],
    ['unrecognized token: "#"', 'invalidParameters'],
    ['400 Unrecognized name: colour at [1:8]', 'invalidParameters'],
    ['Binder Error: Referenced column "colour" not found in FROM clause!', 'invalidParameters'],
    ['ORA-00904: "COLOUR": invalid identifier', 'invalidParameters'],
    ['value too long for type character varying(8)', 'invalidParameters'],
    ['Cannot add or update a child row: a foreign key constraint fails', 'invalidParameters'],
    // Of Kubernetes, GitHub, Docker, Stripe and others
    ['error: the server doesn\'t have a resource type "foo"', 'invalidParameters'],
    ['locator.click: Error: strict mode violation: getByRole resolved to 2 elements', 'invalidParameters'],
    ['No open pages. Use the "browser_navigate" tool to navigate to a page first.', 'invalidParameters'],
    ['An API error occurred: channel_not_found', 'resourceNotFound'],
    ['index_not_found_exception\n\tRoot causes: x', 'resourceNotFound'],
    ['The specified key does not exist.', 'resourceNotFound'],
    ['pods is forbidden: User "a" cannot list resource "pods"', 'permissionDenied'],
    ['Resource not accessible by personal access token', 'permissionDenied'],
    ['Bad credentials - https://docs.github.com/rest', 'authentication'],
    ['failed to get: pods "web-0" not found', 'resourceNotFound'],
    ['deployments.apps "web" not found', 'resourceNotFound'],
    ['Error from server (NotFound): the server could not find it', 'resourceNotFound'],
    ['Not Found - https://docs.github.com/rest', 'resourceNotFound'],
    ['Not Found', 'resourceNotFound'],
    ['No such container: web', 'resourceNotFound'],
    ["No such customer: 'cus_1'", 'resourceNotFound'],
    ['Ref e17 not found in the current page snapshot. Try capturing a new one.', 'resourceNotFound'],
    ['could not find issue with ID 17', 'resourceNotFound'],
  ] as const)('that is the fault of the caller does not count: %s', (text, category) => {
    expect(categoryOf(text)).toBe(category);
    expect(isCounted(category)).toBe(false);
  });

  it.each([
    ['fetch failed', 'network'],
    ['connect ECONNREFUSED 127.0.0.1:9', 'network'],
    ["Error calling tool 'search': ConnectTimeout: timed out", 'timeout'],
    ['Error executing tool search: Not connected', 'network'],
    ['The API says: HTTP 429', 'rateLimit'],
    ['HTTP 503', 'serviceUnavailable'],
    ['Error: you are likely making requests too quickly.', 'rateLimit'],
    ['Exceeded 30 redirects.', 'network'],
    ['Failed to list things: 503', 'serviceUnavailable'],
    ['Error executing tool x: INTERNAL_ERROR', 'serviceUnavailable'],
    ["Failed to start: the program doesn't exist", 'executionError'],
    ['Validation failed: 503 Service Unavailable', 'serviceUnavailable'],
    ['Failed to create session: certificate has expired', 'network'],
    ['connect ECONNREFUSED 127.0.0.1:1. Please make sure that the server is running first.', 'network'],
    ['503 Service Unavailable: user service channel not found', 'serviceUnavailable'],
    ['Validation failed: Query read timeout', 'timeout'],
    ['Validation error: connect ETIMEDOUT 10.0.0.1:5432', 'timeout'],
    ['please run connect() first', 'network'],
    ['The database needs to be migrated first', 'executionError'],
    ['Server must be initialized first', 'executionError'],
    ["[unixODBC][Driver Manager]Can't open lib 'ODBC Driver 17' : file not found (0)", 'executionError'],
    ['Resource punkt not found.\n  Please use the NLTK Downloader to obtain the resource', 'executionError'],
    ['The API deployment for this resource does not exist.', 'executionError'],
    [
      'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\napi_key',
      'executionError',
    ],
    ['The language server process may have exited', 'executionError'],
    [
      '(sqlite3.OperationalError) no such table: project\n[SQL: SELECT project.id FROM project]',
      'executionError',
    ],
    ['(psycopg2.errors.UndefinedTable) relation "project" does not exist\n[SQL: SELECT 1]', 'executionError'],
    [
      "(pymysql.err.OperationalError) (1054, \"Unknown column 'a' in 'field list'\")\n[SQL: SELECT 1]",
      'executionError',
    ],
    [
      "MCP error -32602: Structured content does not match the tool's output schema: data/x must be string",
      'executionError',
    ],
    ['MCP error -32602: Failed to validate structured content: x', 'executionError'],
    [
      'MCP error -32600: Tool search has an output schema but did not return structured content',
      'executionError',
    ],
    ['pydantic_core._pydantic_core.ValidationError: 1 validation error for Issue\ntitle', 'executionError'],
    ['The "listener" argument must be of type function. Received undefined', 'executionError'],
    ['{"error":["EService:Unavailable"],"result":[]}', 'executionError'],
    ['{"errorMessages":["it broke"],"errors":{}}', 'executionError'],
    ["Table 'app.jobs' doesn't exist in engine", 'executionError'],
    ['type "vector" does not exist', 'executionError'],
    ['operator does not exist: vector <=> unknown', 'executionError'],
    ['function uuid_generate_v4() does not exist', 'executionError'],
    ['no such module: fts5', 'executionError'],
    ['function f(integer) does not exist\n[SQL: SELECT 1]', 'executionError'],
    ['Cannot use a session that has ended', 'executionError'],
    ['Connection "default" was not found.', 'executionError'],
    ["Invalid URL 'None/api': No scheme supplied.", 'executionError'],
    ['An invalid request URI was provided. Either it or BaseAddress must be set.', 'executionError'],
    ['Please run `npx playwright install` first', 'executionError'],
    ['Please install Pillow first', 'executionError'],
    ['No serializer found for class Issue', 'executionError'],
    ['No executable found at startup', 'executionError'],
    ['The process has exited', 'executionError'],
    ['The table `users` does not exist in the current database.', 'executionError'],
    ['This operation was aborted', 'serviceUnavailable'],
    ['Error executing tool x: Request was cancelled', 'serviceUnavailable'],
    ['MCP error -32603: it failed', 'serviceUnavailable'],
    ['division by zero', 'executionError'],
    ['/bin/sh: 1: chromium: not found', 'executionError'],
    ['Error: file system crashed; restart the host', 'executionError'],
    ['MCP error -32602: Output validation error: Invalid structured content for tool x: y', 'executionError'],
  ] as const)('that is the fault of the tool counts: %s', (text, category) => {
    expect(categoryOf(text)).toBe(category);
    expect(isCounted(category)).toBe(true);
  });

  it('is an execution error if its text names no cause', () => {
    expect(categoryOf()).toBe('executionError');
    expect(resultFailure({ isError: true })?.category).toBe('executionError');
    expect(resultFailure({ isError: true, content: 'broken' })?.category).toBe('executionError');
    expect(resultFailure({ isError: true, content: [null, 3, { type: 'image', data: '' }] })?.category).toBe(
      'executionError',
    );
  });

  it('that is a denial by another toolfuse behind this one does not count', () => {
    const denial = deniedResult({
      admitted: false,
      tool: 'x',
      key: null,
      reason: 'open',
      kind: 'unreachable',
      upstream: null,
      retryAfterMs: 1_000,
      retryAt: 1_000,
      probing: false,
      lastErrorCategory: 'network',
      lastError: null,
      alternatives: [],
    });
    expect(resultFailure(denial)?.category).toBe('circuitOpen');
  });

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:80', 'network', true],
    ['Tool call timed out.', 'timeout', true],
    ['429 Too Many Requests', 'rateLimit', true],
    ['503 Service Unavailable', 'serviceUnavailable', true],
    ['it broke somehow', 'executionError', false],
    ['', 'executionError', false],
    ["Input validation error: 'file_hash' is a required property", 'invalidParameters', true],
  ])('under the policy "known" counts only if its words name a known cause: %j', (text, category, counts) => {
    expect(resultFailure(failed(text), 'known')).toMatchObject({ category, counts });
    expect(resultFailure(failed(text))).toMatchObject({ category, counts: true });
  });

  it('that does not count is an answer: neither a failure nor a success, and the upstream is up', () => {
    const registry = createToolRegistry({
      circuit: { failureThreshold: 2 },
      tools: { search: { upstream: 'server' } },
    });
    const end = (failure: unknown): void => {
      const permit = registry.tryAcquire('search');
      if (permit.admitted) permit.failure(failure, { roundTrip: true });
    };
    const answer = resultFailure(failed('it broke somehow'), 'known');
    end('rateLimit');
    registry.recordFailure('server', 'network');
    for (let i = 0; i < 5; i++) end(answer);
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      failureCount: 1,
      answered: 5,
      calls: 1,
      successes: 0,
    });
    expect(registry.diagnostics('server').failureCount).toBe(0);
    registry.recordFailure('search', answer);
    expect(registry.metrics().answered).toBe(6);
    end('rateLimit');
    expect(registry.state('search')).toBe('open');
  });

  it('may be what cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const mute = Object.defineProperty({}, 'text', {
      get: () => {
        throw new Error('it bites');
      },
    });
    expect(resultFailure(proxy)).toBeNull();
    expect(resultFailure({ isError: true, content: proxy, _meta: proxy })).toMatchObject({ message: '' });
    expect(resultFailure({ isError: true, content: [mute, { type: 'text', text: 'lost' }] })).toMatchObject({
      message: 'lost',
    });
  });

  it('is not a failure under the policy "ignore"', () => {
    expect(resultFailure(failed('connect ECONNREFUSED'), 'ignore')).toBeNull();
  });

  it('is read only at its beginning, however long it is', () => {
    const failure = resultFailure(failed('x'.repeat(1_000_000), 'ECONNREFUSED'));
    expect(failure?.message).toHaveLength(4_096);
    expect(failure?.category).toBe('executionError');
  });
});
