/** The words of a command that starts toolfuse in front of a server. */
export interface GuardedCommand {
  /** Up to and with `mcp`: what starts toolfuse. */
  readonly launcher: readonly string[];
  /** The options of the proxy. */
  readonly flags: readonly string[];
  /** The server's own command; empty for a server with a URL. */
  readonly server: readonly string[];
}

const launcherWord = /^(?:node|nodejs|npx|npm|bunx?|pnpm|pnpx|yarn|dlx|exec|x|cmd|\/c|-.*)$/i;
const program = /^toolfuse(?:@.+)?$/;
/** A script of toolfuse, wherever it is installed. Other programs have a `dist/cli/index.js` with a command `mcp` as well. */
const script = /(?:^|[\\/])toolfuse(?:\.(?:cmd|ps1|[cm]?js)|[\\/]dist[\\/]cli[\\/]index\.js)?$/;

const nameOf = (word: string): string => (word.split(/[\\/]/).at(-1) ?? word).replace(/\.(?:exe|cmd)$/i, '');

/**
 * Takes a command apart that starts toolfuse, by whatever path it is installed; undefined for any other command.
 *
 * @param running The script that runs now, which may be a checkout in a folder of any name.
 */
export function guardedCommand(
  words: readonly string[],
  running: string | undefined = process.argv[1],
): GuardedCommand | undefined {
  const at = words.findIndex((word) => program.test(word) || script.test(word) || word === running);
  if (at === -1 || words[at + 1] !== 'mcp') return undefined;
  if (!words.slice(0, at).every((word) => launcherWord.test(word) || launcherWord.test(nameOf(word))))
    return undefined;
  const rest = words.slice(at + 2);
  const separator = rest.indexOf('--');
  return {
    launcher: words.slice(0, at + 2),
    flags: separator === -1 ? rest : rest.slice(0, separator),
    server: separator === -1 ? [] : rest.slice(separator + 1),
  };
}
