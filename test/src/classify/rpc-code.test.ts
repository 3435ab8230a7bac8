import { categorize } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { categoryOfRpcCode, isRpcAnswer } from '../../../src/classify/rpc-code.ts';
import { INTERNAL_ERROR, REQUEST_TIMEOUT } from '../../../src/classify/rpc-codes.ts';

describe('a code of JSON-RPC', () => {
  it.each([
    ['of the specification', -32_602],
    ['of MCP', -32_002],
    ['the last that is reserved', -32_768],
  ])('is the answer of the other side: %s', (_which, code) => {
    expect(isRpcAnswer({ code })).toBe(true);
  });

  it.each([
    ['a connection that closed', -32_000],
    ['a time limit of the client', -32_001],
    ['a number that is not reserved', -32_769],
    ['a status', 404],
    ['a text', '-32602'],
    ['nothing', undefined],
  ])('is no answer: %s', (_which, code) => {
    expect(isRpcAnswer({ code })).toBe(false);
  });

  it("is not the caller's abort where the server's own work was aborted", () => {
    for (const message of ['AbortError: This operation was aborted', 'the upstream request was cancelled']) {
      expect(categorize({ code: INTERNAL_ERROR, message })).toBe('serviceUnavailable');
      expect(categorize(`MCP error ${INTERNAL_ERROR}: ${message}`)).toBe('serviceUnavailable');
    }
    expect(categoryOfRpcCode(REQUEST_TIMEOUT, 'AbortError: This operation was aborted')).toBe('cancelled');
  });

  // Servers give it to whatever the code of a tool throws.
  it.each([
    ['Unknown tool: fly', 'toolNotFound'],
    ['Method fly not found', 'toolNotFound'],
    ['Missing required parameter: path', 'invalidParameters'],
    ["ENOENT: no such file or directory, open '/a.txt'", 'resourceNotFound'],
    ['Failed to generate chart: getaddrinfo ENOTFOUND charts.example', 'network'],
    ['Failed to retrieve transcript: fetch failed', 'network'],
    ['The request timed out', 'timeout'],
    ['API rate limit exceeded', 'rateLimit'],
    ['Request failed with status code 429', 'rateLimit'],
    ['the index is corrupt', 'serviceUnavailable'],
    ['Internal error', 'serviceUnavailable'],
    // These words mean it at the beginning of a message only.
    ['Not connected', 'network'],
    ['', 'serviceUnavailable'],
  ])('that stands for any error leaves it to the words: %j', (message, category) => {
    expect(categorize({ code: INTERNAL_ERROR, message })).toBe(category);
    expect(categorize({ jsonrpc: '2.0', id: 1, error: { code: INTERNAL_ERROR, message } })).toBe(category);
    expect(categorize(`MCP error ${INTERNAL_ERROR}: ${message}`)).toBe(category);
    expect(categorize(`Error executing tool x: MCP error ${INTERNAL_ERROR}: ${message}`)).toBe(category);
    // As the SDK's server and client do, one after the other.
    expect(categorize(`MCP error ${INTERNAL_ERROR}: MCP error ${INTERNAL_ERROR}: ${message}`)).toBe(category);
  });

  it('is the first that a text names', () => {
    expect(categorize('MCP error -32602: see MCP error -32603: it failed')).toBe('invalidParameters');
    expect(categorize('MCP error -32603: it failed, see MCP error -32001')).toBe('timeout');
    expect(categorize({ code: INTERNAL_ERROR, message: 'MCP error -32602: it failed' })).toBe(
      'invalidParameters',
    );
  });

  it('that stands for any error says less than what stands behind it', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(categorize(Object.assign(new Error('it failed', { cause }), { code: INTERNAL_ERROR }))).toBe(
      'network',
    );
  });

  it('says nothing if it is unknown, a number or a name', () => {
    expect(categoryOfRpcCode(INTERNAL_ERROR, 'it failed')).toBeUndefined();
    expect(categoryOfRpcCode(-32_050, 'it failed')).toBeUndefined();
    expect(categoryOfRpcCode('ODD', 'it failed')).toBeUndefined();
  });
});
