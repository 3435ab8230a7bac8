import { describe, expect, it } from 'vitest';
import { guardedCommand } from '../../../../src/cli/configuration/guarded-command.ts';

describe('a command that starts toolfuse', () => {
  it.each([
    ['npx -y toolfuse mcp -- npx -y server'],
    ['npx -y toolfuse@0.1.0 mcp --name a -- server --flag --'],
    ['/usr/bin/node /usr/lib/node_modules/toolfuse/dist/cli/index.js mcp -- server'],
    ['C:\\n\\node.exe C:\\npm\\node_modules\\toolfuse\\dist\\cli\\index.js mcp -- server'],
    ['cmd /c npx -y toolfuse mcp -- server'],
    ['/usr/local/bin/toolfuse mcp -- server'],
    ['bunx toolfuse mcp --url https://a.example'],
  ])('is known by whatever path: %s', (line) => {
    const words = line.split(' ');
    const { launcher, flags, server } = guardedCommand(words) ?? { launcher: [], flags: [], server: [] };
    expect(launcher.at(-1)).toBe('mcp');
    const separator = words.includes('--') ? ['--'] : [];
    expect([...launcher, ...flags, ...separator, ...server]).toEqual(words);
  });

  it.each([
    ['npx -y server toolfuse mcp'],
    ['npx -y toolfuse'],
    ['toolfuse fleet mcp'],
    ['python toolfuse mcp'],
    ['mcp toolfuse'],
    ['node /opt/other/dist/cli/index.js mcp -- a'],
  ])('is no other command: %s', (line) => {
    expect(guardedCommand(line.split(' '))).toBeUndefined();
  });

  it('is known where it is the script that runs now', () => {
    const words = ['node', '/src/dist/cli/index.js', 'mcp', '--', 'a'];
    expect(guardedCommand(words, '/src/dist/cli/index.js')?.server).toEqual(['a']);
  });
});
