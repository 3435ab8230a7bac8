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

/** What a proxy answers on a socket: its status, once; or the page of an inspector, as long as that looks. */
type SocketKind = 'status' | 'page';

const endings = { status: 'sock', page: 'page' } as const;

/** The path of a process's socket. @throws Error where its folder cannot be used. */
export const socketOf = (pid: number, kind: SocketKind): string =>
  pathOf(socketFolder(), `${pid}.${endings[kind]}`);

/** The path of this process's socket. @throws Error where its folder cannot be used. */
export const ownSocket = (kind: SocketKind = 'status'): string => socketOf(process.pid, kind);

/** The paths of the sockets for the status of all of this user's proxies, including ones that have died. @throws Error where their folder cannot be used. */
export function allSockets(): string[] {
  const folder = socketFolder();
  const names = isWindows
    ? readdirSync('\\\\.\\pipe\\').flatMap(
        (name) => new RegExp(`^toolfuse-${userInfo().username}-(.*)$`).exec(name)?.[1] ?? [],
      )
    : readdirSync(folder);
  return names.filter((name) => name.endsWith('.sock')).map((name) => pathOf(folder, name));
}

/** Removes a socket that nobody listens on. Windows removes its pipes itself. */
export function removeSocket(path: string): void {
  try {
    if (!isWindows) unlinkSync(path);
  } catch {
    // It did not exist.
  }
}
