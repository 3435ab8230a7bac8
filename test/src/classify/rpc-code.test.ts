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
    expect(categoryOfRpcCode(INTERNAL_ERROR, 'AbortError: This operation was aborted')).toBe(
      'serviceUnavailable',
    );
    expect(categoryOfRpcCode(INTERNAL_ERROR, 'the upstream request was cancelled')).toBe(
      'serviceUnavailable',
    );
    expect(categoryOfRpcCode(REQUEST_TIMEOUT, 'AbortError: This operation was aborted')).toBe('cancelled');
  });

  it('says nothing if it is unknown, a number or a name', () => {
    expect(categoryOfRpcCode(-32_050, 'it failed')).toBeUndefined();
    expect(categoryOfRpcCode('ODD', 'it failed')).toBeUndefined();
  });
});
