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
  ])('is called by what its command says of it: %s', (command, name) => {
    expect(serverName({ command: command.split(' ') })).toBe(name);
  });

  it('is not called by a script, which may hold what nobody is to see', () => {
    expect(serverName({ command: ['sh', '-c', 'API_KEY=s3cret some-server'] })).toBe('sh');
  });

  it('is called by the host of its URL', () => {
    expect(serverName({ command: [], url: 'https://example.com:8443/mcp' })).toBe('example.com:8443');
  });
});
