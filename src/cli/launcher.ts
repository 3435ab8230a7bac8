/** How often the parent is looked for, in ms. */
const pollMs = 1_000;

/** Calls `end` when the process that started this one is gone. */
export function onParentGone(end: () => void): void {
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    end();
  }, pollMs).unref();
}

/**
 * Calls `end` when the npx that started this process is gone. npx passes a signal on to its shell only, which dies of it
 * without passing it on.
 */
export function onLauncherGone(end: () => void): void {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = process.env;
  if (event === 'npx' && script.includes('toolfuse')) onParentGone(end);
}
