import { categorize } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { type AnswerReading, failureIn } from '../../../../src/proxy/session/answer-failure.ts';
import { FailurePatterns } from '../../../../src/proxy/session/failure-patterns.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { answerOf } from '../support/client-request.ts';

const answer = (text: string, more: object = {}) => answerOf({ content: [{ type: 'text', text }], ...more });
const read = (text: string, reading: Partial<AnswerReading> = {}, tool = 'fetch') =>
  failureIn(tool, answer(text), { resultErrors: 'tool', ...reading });

describe('a JSON-RPC error', () => {
  const failure = (code: number, message: string) =>
    failureIn('x', Message.answer('1', { error: { code, message } }), { resultErrors: 'tool' });

  it.each([
    [-32_602, 'no', 'invalidParameters'],
    [-32_603, 'the index is corrupt', 'serviceUnavailable'],
    // A server that catches nothing of what its tools throw answers with the code that stands for any error.
    [-32_603, 'Invalid fileKey: Required', 'invalidParameters'],
    [-32_603, 'You must call open_file first', 'invalidParameters'],
    [-32_603, 'Method API-fly not found', 'toolNotFound'],
    [-32_603, 'getaddrinfo ENOTFOUND api.example', 'network'],
  ])('is read by its code, or else by its words: %d %s', (code, message, category) => {
    expect(categorize(failure(code, message))).toBe(category);
    expect(failure(code, message)?.message).toBe(message);
  });
});

describe('an answer that is not called an error', () => {
  it.each([
    ['{"error":"connect ECONNREFUSED 127.0.0.1:80"}', 'network', true],
    ['{\n  "error": "429 Too Many Requests"\n}', 'rateLimit', true],
    ['{"error":{"message":"503 Service Unavailable"}}', 'serviceUnavailable', true],
    // The tool has answered, and means its caller.
    [
      '{\n  "error": "No presentation is currently loaded or the specified ID is invalid"\n}',
      undefined,
      false,
    ],
  ])('is a failure where it is nothing but an error: %s', (text, category, counts) => {
    const failure = read(text);
    expect(failure).toMatchObject({ counts, ...(category !== undefined && { category }) });
    expect(failure?.message).not.toContain('{');
  });

  it.each([
    ['{"error":"x","data":1}'],
    ['{"error":null}'],
    ['{"error":""}'],
    ['{"error":false}'],
    ['{"errors":["x"]}'],
    ['[{"error":"x"}]'],
    ['{"error":"x"} and more'],
    ['say {"error":"x"}'],
    ['{"error":'],
    [''],
  ])('is a success where it is more than that, or something else: %s', (text) => {
    expect(read(text)).toBeNull();
  });

  it('is never one where error results are ignored', () => {
    expect(read('{"error":"ECONNREFUSED"}', { resultErrors: 'ignore' })).toBeNull();
  });

  it('may hold anything, as long as it is JSON', () => {
    for (const result of [{}, { content: 5 }, { content: [null] }, { content: [{ text: '{"error":1}' }] }])
      expect(failureIn('x', answerOf(result), { resultErrors: 'tool' })).toBeNull();
  });
});

describe('a pattern of failure', () => {
  it('makes failures of the answers of its tool whose text it matches', async () => {
    const patterns = await FailurePatterns.of({
      fetch: '^Failed to',
      'github.*': '(?i)rate limit',
      other: 'x',
    });
    expect(read('Failed to retrieve data', { patterns })).toMatchObject({
      category: 'executionError',
      counts: true,
    });
    expect(read('It Failed to', { patterns })).toBeNull();
    expect(read('Failed to retrieve data', { patterns }, 'other')).toBeNull();
    expect(read('Rate Limit reached', { patterns }, 'github.search')).toMatchObject({
      category: 'rateLimit',
    });
    // One of all tools.
    const all = await FailurePatterns.of({ '*': 'broken' });
    expect(read('it is broken', { patterns: all }, 'any')).not.toBeNull();
    expect(await FailurePatterns.of({})).toBeUndefined();
  });

  it('takes linear time, whatever it is and whatever a server answers', async () => {
    const patterns = await FailurePatterns.of({ fetch: '(a+)+$' });
    // A backtracking engine would take longer than the universe has existed.
    expect(read(`${'a'.repeat(4_000)}!`, { patterns })).toBeNull();
  });

  it('does not look into an answer that is long: a failure is short', async () => {
    const patterns = await FailurePatterns.of({ fetch: 'boom' });
    expect(read(`boom${' '.repeat(70_000)}`, { patterns })).toBeNull();
  });

  it.each([
    ['(', 'missing'],
    ['a(?=b)', 'invalid'],
  ])('that is not valid is refused, with its tool and its text: %s', async (source, why) => {
    await expect(FailurePatterns.of({ fetch: source })).rejects.toThrow(
      `--failure-pattern fetch must be a regular expression in the syntax of RE2, got "${source}"`,
    );
    await expect(FailurePatterns.of({ fetch: source })).rejects.toThrow(why);
  });
});
