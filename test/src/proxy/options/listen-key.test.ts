import { describe, expect, it } from 'vitest';
import { listenKey } from '../../../../src/proxy/options/listen-key.ts';

const at = (host: string) => ({ listen: { host, port: 1 } });

describe('the key of a proxy that listens', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '127.8.0.1'])('is not needed at %s', (host) => {
    expect(listenKey(at(host), {})).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '192.168.1.7', 'example.com', '127.0.0.1.example.com'])(
    'is needed at %s',
    (host) => {
      expect(() => listenKey(at(host), {})).toThrow(/is reached by other machines: .*--token-env/);
      expect(listenKey({ ...at(host), tokenEnv: 'KEY' }, { KEY: ' k3y\n' })).toBe('k3y');
    },
  );

  it.each([
    [{ ...at('::1'), tokenEnv: 'KEY' }, {}, '--token-env "KEY": this environment variable is not set'],
    [
      { ...at('::1'), tokenEnv: 'KEY' },
      { KEY: ' ' },
      '--token-env "KEY": this environment variable is not set',
    ],
    [{ tokenEnv: 'KEY' }, { KEY: 'k' }, '--token-env needs --listen'],
  ])('is asked for clearly: %j', (options, environment, words) => {
    expect(() => listenKey(options, environment)).toThrow(words);
  });

  it('is never shown', () => {
    expect(() => listenKey({ ...at('::1'), tokenEnv: 'KEY' }, { KEY: 's3cret key' })).toThrow(
      /^(?!.*s3cret).*printable ASCII/,
    );
  });
});
