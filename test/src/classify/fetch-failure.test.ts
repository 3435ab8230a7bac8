import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

describe('a fetch that failed', () => {
  it.each([
    ['Node', 'fetch failed'],
    ['Node, in the midst of a body', 'terminated'],
    ['Chromium', 'Failed to fetch'],
    ['Firefox', 'NetworkError when attempting to fetch resource.'],
    ['Safari', 'Load failed'],
    ['Safari, offline', 'The Internet connection appears to be offline.'],
    ['React Native', 'Network request failed'],
    ['Cloudflare', 'Network connection lost.'],
    ['Deno', 'error sending request for url (https://example.test/)'],
  ])('is network, as %s says it: %s', (_where, message) => {
    expect(categorize(new TypeError(message))).toBe('network');
    expect(categorize({ name: 'TypeError', message })).toBe('network');
    expect(categorize(`TypeError: ${message}`)).toBe('network');
  });

  it.each(['unknown scheme', 'bad port'])('is the fault of the caller where its cause is "%s"', (cause) => {
    expect(categorize(new TypeError('fetch failed', { cause: new Error(cause) }))).toBe('invalidParameters');
    expect(categorize(new TypeError('x is not a function', { cause: new Error(cause) }))).toBe(
      'executionError',
    );
  });

  it('is what its cause says, if that says anything', () => {
    const cause = Object.assign(new Error('x'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(categorize(new TypeError('fetch failed', { cause }))).toBe('timeout');
    expect(categorize(new TypeError('fetch failed', { cause: new Error('odd') }))).toBe('network');
  });

  it.each([
    ['of another class', new Error('terminated')],
    ['of another class, as a text', 'Error: terminated'],
    ['of wrong code', 'TypeError: fetch is not a function'],
    ['of a tool that says more', new TypeError('fetch failed to find user 17')],
  ])('is none that is %s', (_what, error) => {
    expect(categorize(error)).toBe('executionError');
  });
});
