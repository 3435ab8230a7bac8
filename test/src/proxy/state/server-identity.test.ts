import { describe, expect, it } from 'vitest';
import { serverIdentity } from '../../../../src/proxy/state/server-identity.ts';

const command = (...words: string[]) => ({ command: words });
const files = 'server-filesystem';

describe('the identity of a server', () => {
  it.each([
    ['arguments', command('npx', '-y', files, '/a'), command('npx', '-y', files, '/b')],
    ['flags', command('node', 'server.js', '--db=a'), command('node', 'server.js', '--db=b')],
    ['URLs', { command: [], url: 'https://a/mcp?team=1' }, { command: [], url: 'https://a/mcp?team=2' }],
    ['words', command('server', 'a b'), command('server', 'a', 'b')],
  ])('is another one with other %s', (_, one, other) => {
    expect(serverIdentity(one)).not.toBe(serverIdentity(other));
    expect(serverIdentity(one)).toBe(serverIdentity({ ...one }));
  });

  it('is another one in another folder, if an argument means another folder there', () => {
    expect(serverIdentity(command('server', '.'), '/a')).not.toBe(
      serverIdentity(command('server', '.'), '/b'),
    );
    expect(serverIdentity(command('server', '/x'), '/a')).toBe(serverIdentity(command('server', '/x'), '/b'));
  });

  it('is its name, if it was given one', () => {
    expect(serverIdentity({ name: 'mine', ...command('server', '/a') })).toBeUndefined();
  });

  it('shows no argument', () => {
    expect(serverIdentity(command('server', 's3cret'))).toMatch(/^[\da-f]{12}$/);
  });
});
