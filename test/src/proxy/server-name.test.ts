import { describe, expect, it } from 'vitest';
import { serverName } from '../../../src/proxy/server-name.ts';

describe('a server that was given no name', () => {
  it.each([
    ['npx -y @modelcontextprotocol/server-filesystem /home/me/notes', 'filesystem'],
    ['npx -y @modelcontextprotocol/server-memory@2026.8.31', 'memory'],
    ['npx -y mcp-server-git', 'git'],
    ['uvx mcp-server-fetch', 'fetch'],
    ['uv run weather.py', 'weather'],
    ['node /srv/tools/notes/dist/index.js', 'notes'],
    ['C:\\tools\\search.exe --stdio', 'search'],
    ['python3 server.py', 'server.py'],
    ['docker run -i --rm -e GITHUB_TOKEN ghcr.io/github/github-mcp-server:latest', 'github-mcp-server'],
    ['docker run -i -e API_KEY=s3cret mcp/search', 'search'],
    ['env API_KEY=s3cret npx some-server', 'some-server'],
    ['sh', 'sh'],
    ['some-server', 'some-server'],
  ])('is named after its command: %s', (command, name) => {
    expect(serverName({ command: command.split(' ') })).toBe(name);
  });

  it('is not named after a script, which may hold secrets', () => {
    expect(serverName({ command: ['sh', '-c', 'API_KEY=s3cret some-server'] })).toBe('sh');
  });

  it.each([
    ['https://example.com:8443/mcp', 'example.com:8443'],
    ['https://user:s3cret@example.com/mcp/', 'example.com'],
    ['https://example.com?key=s3cret', 'example.com'],
    ['https://example.com/github/mcp?key=s3cret#x', 'example.com/github/mcp'],
    ['https://example.com/@scope/web-search_2/', 'example.com/@scope/web-search_2'],
  ])('is named after the host of its URL, and the path if that adds anything: %s', (url, name) => {
    expect(serverName({ command: [], url })).toBe(name);
  });

  it.each([
    'NzY4ZDFhYmM',
    'ghp_s3cretS3cretS3cret',
    '550e8400-e29b-41d4-a716-446655440000',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'key=s3cret',
    'averylongwordwithoutanydigit',
    'c2VjcmV0%3D',
  ])('does not show a key in the path of its URL, but keeps different keys apart: %s', (key) => {
    const [one, other] = [key, `${key}2`].map((each) =>
      serverName({ command: [], url: `https://example.com/s/${each}/mcp` }),
    );
    expect(one).toMatch(/^example\.com\/s\/~[\da-f]{8}\/mcp$/);
    expect(other).not.toBe(one);
  });
});
