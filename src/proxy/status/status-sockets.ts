import { chmodSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

// Each running proxy answers on a socket of its own, in a folder that only its user can read; on Windows, on a named pipe.

const isWindows = process.platform === 'win32';

/** @throws Error where the folder cannot be made, or may be somebody else's. */
function socketFolder(): string {
  const base = process.env.XDG_RUNTIME_DIR ?? tmpdir();
  const folder = join(base, `toolfuse-${isWindows ? userInfo().username : userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isWindows) makePrivate(folder);
  return folder;
}

/** Anybody can make a folder of this name in a shared one, and would get to see, or to answer, what goes on there. */
function makePrivate(folder: string): void {
  const { uid } = userInfo();
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== uid) throw new Error(`${folder} is not a folder of this user`);
  chmodSync(folder, 0o700);
}

const pathOf = (folder: string, name: string): string =>
  isWindows ? `\\\\.\\pipe\\toolfuse-${userInfo().username}-${name}` : join(folder, name);

/** The path of this process's socket. @throws Error where its folder cannot be used. */
export const ownSocket = (): string => pathOf(socketFolder(), `${process.pid}.sock`);

/** The paths of the sockets of all of this user's proxies, including ones that have died. @throws Error where their folder cannot be used. */
export function allSockets(): string[] {
  const folder = socketFolder();
  const names = isWindows
    ? readdirSync('\\\\.\\pipe\\').flatMap(
        (name) => new RegExp(`^toolfuse-${userInfo().username}-(.*)$`).exec(name)?.[1] ?? [],
      )
    : readdirSync(folder).filter((name) => name.endsWith('.sock'));
  return names.map((name) => pathOf(folder, name));
}

/** Removes a socket that nobody listens on. Windows removes its pipes itself. */
export function removeSocket(path: string): void {
  try {
    if (!isWindows) unlinkSync(path);
  } catch {
    // It did not exist.
  }
}
