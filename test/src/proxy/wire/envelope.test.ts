import { describe, expect, it } from 'vitest';
import { envelopeOf } from '../../../../src/proxy/wire/envelope.ts';
import { eraOf, modernFields } from '../../../../src/proxy/wire/era.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { readToolCall } from '../../../../src/proxy/wire/tool-call.ts';
import { envelope, modern } from '../support/modern.ts';

const read = (content: object): Message => Message.of(content as never);
const call = (meta?: object): Message =>
  read({ id: 1, method: 'tools/call', params: { name: 'x', ...(meta && { _meta: meta }) } });

describe('the era of a request', () => {
  it.each([
    ['an envelope', modern(1, 'tools/call', { name: 'x' }), 'modern'],
    ['no metadata', { id: 1, method: 'tools/call', params: { name: 'x' } }, 'legacy'],
    ['no parameters', { id: 1, method: 'tools/list' }, 'legacy'],
    [
      'a progress token alone',
      { id: 1, method: 'tools/call', params: { _meta: { progressToken: 1 } } },
      'legacy',
    ],
    [
      'a version where none belongs',
      { id: 1, method: 'tools/call', params: { arguments: { _meta: envelope } } },
      'legacy',
    ],
    [
      'a version that nobody knows',
      modern(1, 'tools/list', {}, { [Object.keys(envelope)[0] ?? '']: 7 }),
      'modern',
    ],
  ])('with %s', (_, content, era) => {
    expect(eraOf(read(content))).toBe(era);
    expect(readToolCall(read(content)).era).toBe(era);
  });
});

describe('the envelope of a request', () => {
  it('is what the client says of itself, without what belongs to the request', () => {
    expect(
      envelopeOf(call({ progressToken: 7, ...envelope, 'io.modelcontextprotocol/logLevel': 'debug' })),
    ).toEqual(envelope);
  });

  it.each([undefined, {}, { progressToken: 7 }])('is none for a legacy one: %j', (meta) => {
    expect(envelopeOf(call(meta))).toBeUndefined();
  });
});

describe('what a modern result says beside its content', () => {
  it('is that it is complete', () => {
    expect(modernFields('tools/call')).toEqual({ resultType: 'complete' });
  });

  it('is that a list must not be kept', () => {
    expect(modernFields('tools/list')).toEqual({ resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
  });
});

describe('a result', () => {
  it.each([
    ['complete', false],
    ['input_required', true],
    ['task', true],
  ])('of type %s', (resultType, isUnfinished) => {
    expect(read({ id: 1, result: { content: [], resultType } }).isUnfinished).toBe(isUnfinished);
  });

  it('of a legacy server has no type', () => {
    expect(read({ id: 1, result: { content: [] } }).isUnfinished).toBe(false);
  });
});
