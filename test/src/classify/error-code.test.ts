import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

const withFields = (fields: object) => Object.assign(new Error('it failed'), fields);

const codes = [
  ['network', 'ECONNRESET ECONNREFUSED ECONNABORTED ENOTFOUND EAI_AGAIN EPIPE EHOSTUNREACH ENETUNREACH'],
  ['network', 'UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED CERT_HAS_EXPIRED ERR_NETWORK'],
  ['timeout', 'ETIMEDOUT UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT'],
  ['circuitOpen', 'EOPENBREAKER'],
  ['invalidParameters', 'ERR_INVALID_ARG_TYPE ERR_INVALID_ARG_VALUE ERR_INVALID_URL'],
  ['resourceNotFound', 'ENOENT'],
  ['permissionDenied', 'EACCES EPERM EROFS'],
  ['resourceExhausted', 'ENOSPC EMFILE ENFILE ENOMEM ERR_WORKER_OUT_OF_MEMORY'],
  ['cancelled', 'ABORT_ERR UND_ERR_ABORTED ERR_CANCELED'],
].flatMap(([category = '', names = '']) => names.split(' ').map((code) => [code, category] as const));

describe('a string code', () => {
  it.each(codes)('%s is %s', (code, category) => {
    expect(categorize(withFields({ code }))).toBe(category);
  });

  it.each(codes)('%s in a text is %s', (code, category) => {
    expect(categorize(`${code} 10.0.0.1:80`)).toBe(category);
    expect(categorize(new Error(`read ${code} 10.0.0.1:80`))).toBe(category);
  });

  it.each(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_TLS_CERT_ALTNAME_INVALID', 'HPE_INVALID_CONSTANT'])(
    '%s is network: whoever answers there is not who was meant',
    (code) => {
      expect(categorize(withFields({ code }))).toBe('network');
      expect(categorize(`Parse failed: ${code}`)).toBe('network');
    },
  );

  it.each(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG', 'ELOOP'])(
    '%s is a mistake of the caller, as ENOENT is',
    (code) => {
      expect(categorize(withFields({ code, syscall: 'open' }))).toBe('invalidParameters');
      expect(categorize(`${code}: it failed, open 'x'`)).toBe('invalidParameters');
    },
  );

  it.each(['ENOENT', 'EACCES', 'EPERM'])('%s of a socket is network', (code) => {
    expect(categorize(withFields({ code, syscall: 'connect', address: '/run/docker.sock' }))).toBe('network');
    expect(categorize(`connect ${code} /run/docker.sock`)).toBe('network');
    expect(categorize(withFields({ code, syscall: 'open' }))).not.toBe('network');
  });

  it('of a socket that is known otherwise stays what it is', () => {
    expect(categorize(withFields({ code: 'ETIMEDOUT', syscall: 'connect' }))).toBe('timeout');
    expect(categorize(withFields({ code: 'EMFILE', syscall: 'connect' }))).toBe('resourceExhausted');
    expect(categorize(withFields({ code: 'EODD', syscall: 'connect' }))).toBe('network');
  });

  it.each([
    ['CONNECTION_CLOSED', 'network'],
    ['NOT_CONNECTED', 'network'],
    ['SEND_FAILED', 'network'],
    ['REQUEST_TIMEOUT', 'timeout'],
  ])('%s, of version 2 of the MCP client, is %s', (code, category) => {
    expect(categorize(withFields({ code, name: 'SdkError' }))).toBe(category);
  });

  it('REQUEST_TIMEOUT is cancelled with an aborted signal, or a message that says so', () => {
    const error = withFields({ code: 'REQUEST_TIMEOUT' });
    expect(categorize(error, { signal: AbortSignal.abort() })).toBe('cancelled');
    const telling = Object.assign(new Error('AbortError: This operation was aborted'), error);
    expect(categorize(telling)).toBe('cancelled');
  });

  it('ENOENT is toolNotFound for a program, resourceNotFound for a file', () => {
    expect(categorize(withFields({ code: 'ENOENT', syscall: 'spawn rg' }))).toBe('toolNotFound');
    expect(categorize(withFields({ code: 'ENOENT', syscall: 'spawnSync rg' }))).toBe('toolNotFound');
    expect(categorize(withFields({ code: 'ENOENT', syscall: 'open' }))).toBe('resourceNotFound');
    expect(categorize(withFields({ code: 'ENOENT', syscall: 'respawn' }))).toBe('resourceNotFound');
    expect(categorize('spawn /opt/my tools/rg ENOENT')).toBe('toolNotFound');
  });

  it('of a program that is there is what it is elsewhere', () => {
    expect(categorize(withFields({ code: 'EACCES', syscall: 'spawn rg' }))).toBe('permissionDenied');
    expect(categorize(withFields({ code: 'EMFILE', syscall: 'spawn rg' }))).toBe('resourceExhausted');
  });

  it('goes before words about a time limit, if it is not ECONNABORTED', () => {
    const refused = Object.assign(new Error('timeout of 1000ms exceeded'), { code: 'ECONNREFUSED' });
    expect(categorize(refused)).toBe('network');
  });

  it("ECONNABORTED is a timeout when it is axios's own", () => {
    const timedOut = Object.assign(new Error('timeout of 1000ms exceeded'), { code: 'ECONNABORTED' });
    expect(categorize(timedOut)).toBe('timeout');
    expect(categorize(withFields({ code: 'ECONNABORTED' }))).toBe('network');
    const ofSuperagent = Object.assign(new Error('Response timeout of 100ms exceeded'), {
      code: 'ECONNABORTED',
    });
    expect(categorize(ofSuperagent)).toBe('timeout');
  });

  it.each([
    ['overloaded_error', 'serviceUnavailable'],
    ['api_error', 'serviceUnavailable'],
    ['rate_limit_error', 'rateLimit'],
    ['authentication_error', 'authentication'],
    ['permission_error', 'permissionDenied'],
    ['not_found_error', 'resourceNotFound'],
    ['invalid_request_error', 'invalidParameters'],
  ])('%s is %s, as the model APIs send it in the midst of a stream, without a status', (type, category) => {
    const body = { type: 'error', error: { type, message: 'it failed' } };
    expect(categorize(withFields({ status: undefined, error: body }))).toBe(category);
  });

  it.each(['PLANNING_POLICY_VIOLATION', 'SANDBOX_FAILURE'])('%s is explicit', (code) => {
    expect(`${categorize(withFields({ code }))}`.toUpperCase()).toBe(code.replaceAll('_', ''));
  });

  it.each(['EWHATEVER', '', 'econnreset', 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER', '23505', 'constructor', '20'])(
    'that is not known says nothing: %j',
    (code) => {
      expect(categorize(withFields({ code }))).toBe('executionError');
    },
  );
});

describe('a numeric code', () => {
  it.each([
    [-32_000, 'Connection closed', 'network'],
    [-32_000, 'Request was cancelled', 'cancelled'],
    [-32_001, 'Request timed out', 'timeout'],
    [-32_001, 'AbortError: This operation was aborted', 'cancelled'],
    [-32_001, 'TimeoutError: The operation was aborted due to timeout', 'timeout'],
    [-32_002, 'Resource not found', 'resourceNotFound'],
    [-32_020, 'Header mismatch', 'invalidParameters'],
    [-32_021, 'Missing required client capability', 'invalidParameters'],
    [-32_022, 'Unsupported protocol version', 'invalidParameters'],
    [-32_042, 'URL elicitation required', 'authentication'],
    [-32_600, 'Invalid Request', 'invalidParameters'],
    [-32_601, 'Method not found', 'toolNotFound'],
    [-32_602, 'Invalid params', 'invalidParameters'],
    [-32_602, 'Tool rg not found', 'toolNotFound'],
    [-32_602, 'Tool rg disabled', 'toolNotFound'],
    [-32_603, 'Internal error', 'serviceUnavailable'],
    [-32_700, 'Parse error', 'invalidParameters'],
    [-32_050, 'of the server', 'executionError'],
  ])('of MCP, %i with "%s", is %s', (code, message, category) => {
    expect(categorize(new McpError(code, message))).toBe(category);
    expect(categorize({ code, message })).toBe(category);
    expect(categorize({ jsonrpc: '2.0', id: 1, error: { code, message } })).toBe(category);
    expect(categorize(`MCP error ${code}: ${message}`)).toBe(category);
  });

  it('of an aborted MCP request is cancelled', () => {
    const error = new McpError(-32_001, 'enough');
    expect(categorize(error)).toBe('timeout');
    expect(categorize(error, { signal: AbortSignal.abort('enough') })).toBe('cancelled');
  });

  it('20 and 23 speak for a DOMException only', () => {
    class DOMException {
      constructor(readonly code: number) {}
    }
    expect(categorize(new DOMException(20))).toBe('cancelled');
    expect(categorize(new DOMException(23))).toBe('timeout');
    expect(categorize({ name: 'DOMException', code: 20 })).toBe('cancelled');
    expect(categorize(withFields({ code: 20 }))).toBe('executionError');
    expect(categorize(withFields({ code: 23 }))).toBe('executionError');
  });

  it.each([null, undefined, 0, Number.NaN, -1, 1e9])('of %s says nothing, and hides no words', (code) => {
    expect(categorize(withFields({ code }))).toBe('executionError');
    expect(categorize(Object.assign(new Error('timed out'), { code }))).toBe('timeout');
  });
});
