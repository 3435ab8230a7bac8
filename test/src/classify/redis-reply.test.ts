import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
import { byRedisReply } from '../../../src/classify/redis-reply.ts';

class ReplyError extends Error {}
class SimpleError extends Error {}

describe('the reply of a Redis server', () => {
  it.each([
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'invalidParameters'],
    ["NOPERM User default has no permissions to run the 'set' command", 'permissionDenied'],
    ['NOAUTH Authentication required.', 'authentication'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'authentication'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'resourceExhausted'],
    ['LOADING Redis is loading the dataset in memory', 'serviceUnavailable'],
    ['CLUSTERDOWN Hash slot not served', 'serviceUnavailable'],
    ["READONLY You can't write against a read only replica.", 'serviceUnavailable'],
    ['BUSYGROUP Consumer Group name already exists', 'invalidParameters'],
  ])('is known by its first word: %s', (text, category) => {
    expect(categorize(new ReplyError(text))).toBe(category);
    expect(categorize(new SimpleError(text))).toBe(category);
    expect(categorize(`ReplyError: ${text}`)).toBe(category);
    expect(categorize(text)).toBe(category);
  });

  it('that begins with ERR is about the command', () => {
    expect(categorize(new ReplyError('ERR wrong number of arguments for "timeout"'))).toBe(
      'invalidParameters',
    );
    expect(categorize(new ReplyError('ERR max number of clients reached'))).toBe('rateLimit');
    expect(categorize('ERR it broke')).toBe('executionError');
  });

  it('is a fact, and goes before the facts behind it', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(byRedisReply(new ReplyError('OOM command not allowed'))).toBe('resourceExhausted');
    expect(categorize(new ReplyError('OOM command not allowed', { cause }))).toBe('resourceExhausted');
  });

  it('is none of whoever else throws, or where the word stands elsewhere', () => {
    expect(byRedisReply(new Error('OOM command not allowed'))).toBeUndefined();
    expect(byRedisReply('OOM command not allowed')).toBeUndefined();
    expect(byRedisReply(new ReplyError('killed by the OOM killer'))).toBeUndefined();
    expect(byRedisReply(new ReplyError('BUSY'))).toBeUndefined();
    expect(byRedisReply(new ReplyError('WRONGTYPES are none'))).toBeUndefined();
  });

  it('is no other word in capitals', () => {
    expect(categorize('ODD Thing happened')).toBe('executionError');
    expect(categorize('BUSY')).toBe('executionError');
  });
});
