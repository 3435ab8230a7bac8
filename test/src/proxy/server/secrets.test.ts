import { describe, expect, it } from 'vitest';
import { Secrets, shownUrl } from '../../../../src/proxy/server/secrets.ts';

describe('a text that a server says', () => {
  it.each([
    ['Bearer tok3n-1234', 'invalid token: tok3n-1234', 'invalid token: ***'],
    ['Bearer tok3n-1234', 'got "Bearer tok3n-1234"', 'got "***"'],
    ['tok3n-1234', 'tok3n-1234 tok3n-1234', '*** ***'],
    [
      `Basic ${Buffer.from('me:passw0rd').toString('base64')}`,
      'wrong password passw0rd',
      'wrong password ***',
    ],
    ['key=tok3n-1234; team=a', 'unknown key tok3n-1234 of team a', 'unknown key *** of team a'],
  ])('loses the secrets of the header %j', (value, said, shown) => {
    expect(new Secrets({ authorization: value }).hide(said)).toBe(shown);
  });

  it('keeps everything else, words of headers included', () => {
    const secrets = new Secrets({ 'x-team': 'a', authorization: 'Bearer' });
    expect(secrets.hide('a is not a team')).toBe('a is not a team');
  });
});

describe('a URL that is shown', () => {
  it.each([
    ['https://a.example/mcp?key=s3cret', 'https://a.example/mcp?***'],
    ['https://me:s3cret@a.example/mcp', 'https://a.example/mcp'],
    ['/login?next=s3cret', '/login?***'],
    ['https://a.example/mcp/#s3cret', 'https://a.example/mcp/'],
    ['http://[s3cret', '***'],
  ])('holds no secret: %j', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});
