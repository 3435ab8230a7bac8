import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** How long the file is kept for the browser to start and read it, in ms. */
const keptMs = 60_000;

const inHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** A page that leads to an address. */
const pageTo = (url: string): string =>
  `<!doctype html><meta charset="utf-8"><title>toolfuse</title><meta http-equiv="refresh" content="0; url=${inHtml(url)}">`;

/**
 * Opens an address in the user's browser. Everybody on a machine can read the command lines of its processes, so that the browser is
 * given a file instead, which leads to the address and which only this user can read. Without a browser nothing happens, since the
 * address is printed as well.
 *
 * @returns A function that removes the file, which otherwise is removed after a minute.
 */
export function openInBrowser(url: string): () => void {
  let folder: string;
  try {
    // Made for this user alone, under a name that nobody can guess.
    folder = mkdtempSync(join(tmpdir(), 'toolfuse-'));
  } catch {
    return () => {};
  }
  const file = join(folder, 'open.html');
  const remove = (): void => {
    clearTimeout(timer);
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  const timer = setTimeout(remove, keptMs).unref();
  process.on('exit', remove);
  writeFileSync(file, pageTo(url), { mode: 0o600, flag: 'wx' });
  const [command = 'xdg-open', ...args] = openers[process.platform] ?? [];
  const child = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
  child.on('error', remove);
  child.unref();
  return remove;
}
