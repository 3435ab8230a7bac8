import { posix, win32 } from 'node:path';

/** Where files are looked for. */
export interface Whereabouts {
  /** The folder of the user. */
  readonly home: string;
  /** The folder of the project. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The names in a folder; none if it does not exist. */
  readonly list: (folder: string) => readonly string[];
}

/** Whose file it is: one user's, or one project's, which others may share. */
export type Scope = 'user' | 'project';

/** The languages that configurations are written in. */
export type Language = 'json' | 'toml' | 'yaml';

/** A client of MCP servers, and how its configuration is written. */
export interface ClientKind {
  /** A short name, for the names of its servers. */
  readonly id: string;
  /** Its name, for people. */
  readonly title: string;
  /** The keys that lead to its tables, or its list, of servers. `*` is any key. The first that is there wins. */
  readonly servers: readonly (readonly string[])[];
  /** How long it waits for a server to start, in ms, where it says so. */
  readonly startLimitMs?: number;
  /** What it cannot do with URLs. */
  readonly noUrls?: string;
  readonly files: (where: Places) => readonly FileOf[];
}

interface FileOf {
  readonly path: string;
  readonly scope: Scope;
}

/** The usual folders of a platform. */
class Places {
  readonly where: Whereabouts;
  readonly join: (...parts: string[]) => string;

  constructor(where: Whereabouts) {
    this.where = where;
    this.join = where.platform === 'win32' ? win32.join : posix.join;
  }

  get #variables(): Whereabouts['environment'] {
    return this.where.environment;
  }

  /** A file in a folder that a variable can name. */
  variable(name: string, otherwise: string): string {
    return this.#variables[name] || otherwise;
  }

  home(...parts: string[]): string {
    return this.join(this.where.home, ...parts);
  }

  /** Where programs with windows keep their settings. */
  application(...parts: string[]): string {
    const { platform } = this.where;
    if (platform === 'win32') {
      return this.join(this.variable('APPDATA', this.home('AppData', 'Roaming')), ...parts);
    }
    return platform === 'darwin'
      ? this.home('Library', 'Application Support', ...parts)
      : this.config(...parts);
  }

  /** `~/.config`, which programs of the command line use on every platform. */
  config(...parts: string[]): string {
    return this.join(this.variable('XDG_CONFIG_HOME', this.home('.config')), ...parts);
  }

  user(path: string): FileOf {
    return { path, scope: 'user' };
  }

  project(...parts: string[]): FileOf {
    return { path: this.join(this.where.folder, ...parts), scope: 'project' };
  }
}

const inMcpServers = [['mcpServers']];

/** The clients that are known, in the order in which they are named. */
export const clientKinds: readonly ClientKind[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    servers: inMcpServers,
    startLimitMs: 60_000,
    noUrls: 'Claude Desktop starts only commands from this file',
    files: (places) => {
      const name = 'claude_desktop_config.json';
      const local = places.variable('LOCALAPPDATA', places.home('AppData', 'Local'));
      const packages = places.join(local, 'Packages');
      const store =
        places.where.platform === 'win32'
          ? places.where
              .list(packages)
              .filter((folder) => folder.startsWith('Claude_'))
              .map((folder) => places.join(packages, folder, 'LocalCache', 'Roaming', 'Claude', name))
          : [];
      return [places.application('Claude', name), ...store].map((path) => places.user(path));
    },
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    servers: [['mcpServers'], ['projects', '*', 'mcpServers']],
    startLimitMs: 30_000,
    files: (places) => [
      places.user(places.join(places.variable('CLAUDE_CONFIG_DIR', places.where.home), '.claude.json')),
      places.project('.mcp.json'),
    ],
  },
  {
    id: 'cursor',
    title: 'Cursor',
    servers: inMcpServers,
    files: (places) => [
      places.user(places.home('.cursor', 'mcp.json')),
      places.project('.cursor', 'mcp.json'),
    ],
  },
  {
    id: 'vscode',
    title: 'VS Code',
    servers: [['servers'], ['mcp', 'servers'], ['mcpServers']],
    files: (places) => {
      const users = ['Code', 'Code - Insiders', 'VSCodium'].map((product) =>
        places.application(product, 'User'),
      );
      return [
        ...users.flatMap((user) => [
          places.user(places.join(user, 'mcp.json')),
          ...places.where
            .list(places.join(user, 'profiles'))
            .map((profile) => places.user(places.join(user, 'profiles', profile, 'mcp.json'))),
        ]),
        places.project('.vscode', 'mcp.json'),
      ];
    },
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    servers: inMcpServers,
    files: (places) => [places.user(places.home('.codeium', 'windsurf', 'mcp_config.json'))],
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    servers: inMcpServers,
    files: (places) => [
      places.user(places.home('.gemini', 'settings.json')),
      places.project('.gemini', 'settings.json'),
    ],
  },
  {
    id: 'codex',
    title: 'Codex',
    servers: [['mcp_servers']],
    startLimitMs: 10_000,
    files: (places) => [
      places.user(places.join(places.variable('CODEX_HOME', places.home('.codex')), 'config.toml')),
      places.project('.codex', 'config.toml'),
    ],
  },
  {
    id: 'opencode',
    title: 'opencode',
    servers: [['mcp', 'servers'], ['mcp']],
    files: (places) => [
      ...['opencode.json', 'opencode.jsonc', 'config.json'].map((name) =>
        places.user(places.config('opencode', name)),
      ),
      ...['opencode.json', 'opencode.jsonc'].flatMap((name) => [
        places.project(name),
        places.project('.opencode', name),
      ]),
    ],
  },
  {
    id: 'zed',
    title: 'Zed',
    servers: [['context_servers']],
    files: (places) => [
      places.user(
        places.where.platform === 'win32'
          ? places.application('Zed', 'settings.json')
          : places.config('zed', 'settings.json'),
      ),
      places.project('.zed', 'settings.json'),
    ],
  },
  {
    id: 'continue',
    title: 'Continue',
    servers: inMcpServers,
    files: (places) => [
      places.user(places.home('.continue', 'config.yaml')),
      ...places.where
        .list(places.join(places.where.folder, '.continue', 'mcpServers'))
        .filter((name) => /\.(?:ya?ml|json)$/.test(name))
        .map((name) => places.project('.continue', 'mcpServers', name)),
    ],
  },
];

/** A place where a client may keep its configuration. */
export interface PossibleFile extends FileOf {
  readonly kind: ClientKind;
}

/** All places where the known clients keep their configurations. Most of them do not exist. */
export function possibleFiles(where: Whereabouts): PossibleFile[] {
  const places = new Places(where);
  return clientKinds.flatMap((kind) => kind.files(places).map((file) => ({ ...file, kind })));
}

/** A file of a client that is not known: where servers stand is found out. */
const otherKind: ClientKind = {
  id: 'mcp',
  title: 'MCP client',
  servers: [
    ['mcpServers'],
    ['servers'],
    ['context_servers'],
    ['mcp_servers'],
    ['mcp', 'servers'],
    ['mcp'],
    ['projects', '*', 'mcpServers'],
  ],
  files: () => [],
};

/** The kind of a file that a user has named, by its name and its folder. */
export function kindOfFile(path: string): ClientKind {
  const [name = '', folder = '', above = ''] = path.split(/[\\/]/).reverse();
  const byId = (id: string): ClientKind => clientKinds.find((kind) => kind.id === id) ?? otherKind;
  if (name === 'claude_desktop_config.json') return byId('claude-desktop');
  if (name === '.claude.json' || name === '.mcp.json') return byId('claude-code');
  if (name === 'mcp_config.json' && folder === 'windsurf') return byId('windsurf');
  if (/^opencode\.jsonc?$/.test(name) || folder === 'opencode') return byId('opencode');
  if (name === 'config.toml') return byId('codex');
  if (folder === '.continue' || above === '.continue') return byId('continue');
  const folders: Readonly<Record<string, string>> = {
    '.cursor': 'cursor',
    '.vscode': 'vscode',
    User: 'vscode',
    '.gemini': 'gemini',
    zed: 'zed',
    Zed: 'zed',
    '.zed': 'zed',
  };
  return byId(folders[folder] ?? (above === 'profiles' ? 'vscode' : ''));
}

export const languageOf = (path: string): Language =>
  /\.toml$/i.test(path) ? 'toml' : /\.ya?ml$/i.test(path) ? 'yaml' : 'json';
