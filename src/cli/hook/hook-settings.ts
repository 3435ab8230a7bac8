import { guardedEvents } from '../../claude-agent/hook-types.ts';

/** How long Claude Code waits for a hook, in s. It takes a fraction of one. */
const timeoutSeconds = 10;

/** The events that are not of one tool, and so take no pattern for its name. */
const ofNoTool = new Set<string>(['PostToolBatch', 'PermissionDenied']);

/** A word as a shell reads it. */
const quoted = (word: string): string =>
  /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The hooks for the settings of Claude Code.
 *
 * @param program The command that runs toolfuse: an installed one, since npx would take longer than most calls.
 * @param args The options of the hook.
 */
export function hookSettings(
  program: readonly string[],
  args: readonly string[],
  match: string,
): { readonly hooks: Readonly<Record<string, readonly unknown[]>> } {
  const words = [...program, 'hook', ...args.filter((arg) => arg !== '--settings')];
  const hooks = [{ type: 'command', command: words.map(quoted).join(' '), timeout: timeoutSeconds }];
  return {
    hooks: Object.fromEntries(
      guardedEvents.map((event) => [event, [{ ...(!ofNoTool.has(event) && { matcher: match }), hooks }]]),
    ),
  };
}
