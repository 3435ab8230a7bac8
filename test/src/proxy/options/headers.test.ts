import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../../src/proxy/options/read.ts';

describe('--header-env', () => {
  const read = (...flags: string[]) =>
    readOptions(['--url', 'https://a.example', ...flags], { KEY: 'Bearer s3cret', OTHER: 'x' });

  it('gives a header the value of a variable', () => {
    const { headers, doubts } = read('--header-env', 'Authorization=KEY', '--header', `X-Other: \${OTHER}`);
    expect(headers).toEqual({ Authorization: 'Bearer s3cret', 'X-Other': 'x' });
    expect(doubts).toEqual([]);
  });

  it.each([
    ['Authorization', '--header-env "Authorization" must be NAME=VARIABLE'],
    ['=KEY', '--header-env must be NAME=VARIABLE'],
    [
      'Authorization=Bearer s3cret',
      '--header-env "Authorization" must name an environment variable after the =',
    ],
    [
      'Authorization=MISSING',
      'header Authorization needs the environment variable MISSING, which is not set',
    ],
    ['Accept=KEY', 'header Accept is set by the proxy itself'],
  ])('refuses %j without showing what may be secret', (flag, message) => {
    expect(() => read('--header-env', flag)).toThrow(message);
    expect(() => read('--header-env', flag)).not.toThrow('s3cret');
  });
});
