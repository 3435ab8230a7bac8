import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../src/calls/evidence.ts';
import { isAnswer, isToolAnswer } from '../../../src/classify/answered.ts';
import { categorize } from '../../../src/classify/categorize.ts';

/** What the MCP adapters of LangChain throw. */
const toolException = (message: string) => Object.assign(new Error(message), { name: 'ToolException' });

describe('the answer of a tool that comes as a thrown error', () => {
  const answered = toolException(
    "MCP tool 'search' on server 'web' returned an error: connect ECONNREFUSED 10.0.0.1:443",
  );

  it('is told from a call that did not get through', () => {
    expect(isToolAnswer(answered)).toBe(true);
    expect(isToolAnswer(toolException('Error calling tool search: TypeError: fetch failed'))).toBe(false);
    expect(isToolAnswer(new Error(answered.message))).toBe(false);
  });

  it('is an isError result that somebody threw', () => {
    expect(isToolAnswer({ isError: true, content: [] })).toBe(true);
    expect(isToolAnswer({ isError: true })).toBe(false);
    expect(isToolAnswer({ isError: false, content: [] })).toBe(false);
  });

  it('is evidence against the tool, and for its server', () => {
    const category = categorize(answered);
    expect(category).toBe('network');
    expect(evidenceOf(category, answered, false)).toEqual({ tool: 'failure', upstream: 'success' });
  });
});

describe('an answer', () => {
  it.each([
    ['a status', { status: 400 }],
    ["JSON-RPC's", { code: -32_602 }],
    ["gRPC's", { code: 5, details: 'no such thing', metadata: {} }],
    ["MongoDB's", { code: 11_000, codeName: 'DuplicateKey' }],
    ['a SQLSTATE', { code: '42703', severity: 'ERROR' }],
    ["a mail server's", { responseCode: 550, command: 'RCPT TO' }],
  ])('proves that the server lives: %s', (_whose, fields) => {
    const error = Object.assign(new Error('x'), fields);
    expect(isAnswer(error)).toBe(true);
    expect(evidenceOf(categorize(error), error, false).upstream).toBe('success');
  });

  it('is none if the client made it up', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('x', { cause }), { status: 500 });
    expect(isAnswer(error)).toBe(false);
    expect(evidenceOf(categorize(error), error, false).upstream).toBe('failure');
  });
});
