import { describe, expect, it } from 'vitest';
import { kindOfFile, languageOf, possibleFiles } from '../../../../src/cli/configuration/client-kinds.ts';

/** The paths on a machine, by the client. */
function pathsOn(
  platform: NodeJS.Platform,
  home: string,
  environment: Readonly<Record<string, string>> = {},
  list: (folder: string) => readonly string[] = () => [],
): Record<string, string[]> {
  const paths: Record<string, string[]> = {};
  for (const { kind, path, scope } of possibleFiles({
    home,
    folder: 'PROJECT',
    platform,
    environment,
    list,
  })) {
    if (scope !== 'user') continue;
    paths[kind.id] = [...(paths[kind.id] ?? []), path];
  }
  return paths;
}

describe('the files of the clients', () => {
  it('are where they are on Linux', () => {
    expect(pathsOn('linux', '/home/me')).toEqual({
      'claude-desktop': ['/home/me/.config/Claude/claude_desktop_config.json'],
      'claude-code': ['/home/me/.claude.json'],
      cursor: ['/home/me/.cursor/mcp.json'],
      vscode: ['Code', 'Code - Insiders', 'VSCodium'].map((name) => `/home/me/.config/${name}/User/mcp.json`),
      windsurf: ['/home/me/.codeium/windsurf/mcp_config.json'],
      gemini: ['/home/me/.gemini/settings.json'],
      codex: ['/home/me/.codex/config.toml'],
      opencode: ['opencode.json', 'opencode.jsonc', 'config.json'].map(
        (name) => `/home/me/.config/opencode/${name}`,
      ),
      zed: ['/home/me/.config/zed/settings.json'],
      continue: ['/home/me/.continue/config.yaml'],
    });
  });

  it('are where they are on a Mac', () => {
    const support = '/Users/me/Library/Application Support';
    expect(pathsOn('darwin', '/Users/me')).toMatchObject({
      'claude-desktop': [`${support}/Claude/claude_desktop_config.json`],
      vscode: expect.arrayContaining([`${support}/Code/User/mcp.json`]),
      zed: ['/Users/me/.config/zed/settings.json'],
      opencode: expect.arrayContaining(['/Users/me/.config/opencode/opencode.json']),
    });
  });

  it('are where they are on Windows, with Claude Desktop from the store', () => {
    const environment = { APPDATA: 'C:\\R', LOCALAPPDATA: 'C:\\L' };
    const list = (folder: string): string[] => (folder === 'C:\\L\\Packages' ? ['Claude_x1', 'Other'] : []);
    expect(pathsOn('win32', 'C:\\Users\\me', environment, list)).toMatchObject({
      'claude-desktop': [
        'C:\\R\\Claude\\claude_desktop_config.json',
        'C:\\L\\Packages\\Claude_x1\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json',
      ],
      vscode: expect.arrayContaining(['C:\\R\\Code\\User\\mcp.json']),
      zed: ['C:\\R\\Zed\\settings.json'],
      codex: ['C:\\Users\\me\\.codex\\config.toml'],
      windsurf: ['C:\\Users\\me\\.codeium\\windsurf\\mcp_config.json'],
    });
  });

  it('follow the variables by which a user moves them, and the profiles of VS Code', () => {
    const environment = { CODEX_HOME: '/c', CLAUDE_CONFIG_DIR: '/d', XDG_CONFIG_HOME: '/x' };
    const list = (folder: string): string[] => (folder === '/x/Code/User/profiles' ? ['p1'] : []);
    expect(pathsOn('linux', '/home/me', environment, list)).toMatchObject({
      codex: ['/c/config.toml'],
      'claude-code': ['/d/.claude.json'],
      vscode: expect.arrayContaining(['/x/Code/User/profiles/p1/mcp.json']),
      zed: ['/x/zed/settings.json'],
    });
  });

  it.each([
    ['/a/claude_desktop_config.json', 'claude-desktop'],
    ['/a/.mcp.json', 'claude-code'],
    ['C:\\p\\.vscode\\mcp.json', 'vscode'],
    ['/p/.cursor/mcp.json', 'cursor'],
    ['/p/opencode.jsonc', 'opencode'],
    ['/p/.codex/config.toml', 'codex'],
    ['/p/.continue/mcpServers/a.yaml', 'continue'],
    ['/p/.zed/settings.json', 'zed'],
    ['/p/anything.json', 'mcp'],
  ])('that are named are known by their names: %s', (path, id) => {
    expect(kindOfFile(path).id).toBe(id);
  });

  it('are read by their endings', () => {
    expect(['a.json', 'a.jsonc', '.mcp', 'A.TOML', 'a.yml', 'a.yaml'].map(languageOf)).toEqual([
      'json',
      'json',
      'json',
      'toml',
      'yaml',
      'yaml',
    ]);
  });
});
