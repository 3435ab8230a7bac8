import { describe, expect, it } from 'vitest';
import { callKey } from '../../../../src/proxy/session/call-key.ts';
import { requestOf } from '../support/client-request.ts';

const key = (args: unknown, path: string) =>
  callKey(requestOf('tools/call', { name: 'fetch', arguments: args }).message, path);

describe('the key of a call', () => {
  it.each([
    [{ tenant: 'a' }, 'tenant', 'a'],
    [{ user: { id: 7 } }, 'user.id', 7],
    [{ dry: true }, 'dry', 'true'],
    [{ url: 'https://Example.com:8443/a?b' }, 'url.host', 'example.com:8443'],
    [{ url: 'https://Example.com:8443/a?b' }, 'url.hostname', 'example.com'],
    [{ options: { url: 'https://example.com/a' } }, 'options.url.origin', 'https://example.com'],
    // A member of that name goes first.
    [{ db: { host: 'one' } }, 'db.host', 'one'],
  ])('of %j at %s is %j', (args, path, expected) => {
    expect(key(args, path)).toBe(expected);
  });

  it.each([
    [{}, 'tenant'],
    [{ tenant: null }, 'tenant'],
    [{ tenant: { id: 1 } }, 'tenant'],
    [{ url: 'no url' }, 'url.host'],
    [{ url: ['https://x.test'] }, 'url.host'],
    [undefined, 'tenant'],
    ['text', 'tenant'],
    [{ tenant: 'a' }, 'tenant.length'],
  ])('of %j at %s is none', (args, path) => {
    expect(key(args, path)).toBeUndefined();
  });
});
