const pollMs = 1_000;

/**
 * Calls `end` when the npx that has started this process is gone: npx passes a signal on to its shell, which dies of it and
 * tells nobody.
 */
export function onLauncherGone(end: () => void): void {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = process.env;
  if (event !== 'npx' || !script.includes('toolfuse')) return;
  const shell = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(poll);
    end();
  }, pollMs).unref();
}
