import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends the servers of a proxy that was killed. A killed proxy can do nothing more itself, and a server that ignores the end
 * of its input would live on, though the same signal would have ended it if its client had started it directly.
 *
 * A shell is told of each server's process group. When its input ends and groups are left, nobody else will end them.
 */
const script = `
groups=
while read -r sign group; do
  kept=
  for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done
  groups=$kept
  [ "$sign" = - ] || groups="$groups $group"
done
[ -n "$groups" ] || exit 0
for each in $groups; do kill -s TERM -- "-$each"; done
sleep 1
for each in $groups; do kill -s KILL -- "-$each"; done`;

/** One for all servers of this process. */
let shell: ChildProcess | undefined;
const groups = new Set<number>();

function startShell(): ChildProcess {
  // In a session of its own, so that a Ctrl+C at the terminal does not reach it.
  const started = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  started.on('error', () => {});
  started.stdin.on('error', () => {});
  started.unref();
  (started.stdin as { unref?: () => void }).unref?.();
  return started;
}

/**
 * Watches over a process group from now on.
 *
 * @returns a function that ends the watch: the group has ended.
 */
export function watchOver(group: number): () => void {
  groups.add(group);
  if (shell?.stdin?.writable === true) shell.stdin.write(`+ ${group}\n`);
  else {
    shell = startShell();
    for (const each of groups) shell.stdin?.write(`+ ${each}\n`);
  }
  return () => {
    groups.delete(group);
    if (shell?.stdin?.writable === true) shell.stdin.write(`- ${group}\n`);
  };
}
