import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProxyOptions } from '../options/read.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of a terminal, a login, an editor or a client, which differ from one start to the next and say nothing to a server. */
const ofTheMoment =
  /^(?:_|PWD|OLDPWD|SHLVL|COLUMNS|LINES|TERM\w*|COLORTERM|LS_COLORS|WINDOWID|TMUX\w*|STY|SSH_\w+|XDG_\w+|DBUS_\w+|DISPLAY|WAYLAND_DISPLAY|SESSION_MANAGER|GPG_\w+|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_\w+|MEMORY_PRESSURE_\w+|npm_\w+|INIT_CWD|VSCODE_\w+|ITERM_\w+|KITTY_\w+|WEZTERM_\w+|ALACRITTY_\w+|CLAUDE_CODE_\w+|CLAUDECODE|AGENT|AI_AGENT|OPENCODE|CODEX_(?:SESSION|THREAD)_ID|[A-Z\d_]+_(?:PID|RUN_ID)|CURSOR_\w+|Apple_\w+|__CF\w*|SECURITYSESSIONID)$/;

/** The contents of a file that proves who the client is; its name where it cannot be read. */
function contentsOf(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return path;
  }
}

/**
 * What a server is: a hash of its command, arguments, folder, URL, headers, certificates and environment. Whatever changes of
 * them, its rights as well, makes it another server, of which nothing is remembered.
 *
 * @param folder The working folder.
 */
export function memoryKey(
  { command, url, headers, ca, cert, key }: ProxyOptions,
  environment: Environment,
  folder: string,
): string {
  const variables = Object.entries(environment)
    .filter(([name]) => !ofTheMoment.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const what =
    url === undefined
      ? { command, folder, variables }
      : { url, headers: Object.entries(headers).sort(), files: [ca, cert, key].map(contentsOf) };
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32);
}
