import { execFileSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import {
  type ClientKind,
  clientKinds,
  kindOfFile,
  possibleFiles,
  type Scope,
  type Whereabouts,
} from './client-kinds.ts';

/** A file to look into. */
export interface FoundFile {
  readonly path: string;
  readonly kind: ClientKind;
  readonly scope: Scope;
  /** Whether the user has named it. */
  readonly isNamed: boolean;
}

/** This machine, this user and this folder. */
export const here = (): Whereabouts => ({
  home: homedir(),
  folder: process.cwd(),
  platform: process.platform,
  environment: process.env,
  list: (folder) => {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  },
});

const realOf = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/**
 * The files that the user has named, or else those of all known clients that exist.
 *
 * @param clients The ids of the clients whose files are wanted; all if there are none.
 */
export function findFiles(
  named: readonly string[],
  where: Whereabouts,
  clients: readonly string[] = [],
): FoundFile[] {
  const possible = possibleFiles(where).filter(
    ({ kind }) => clients.length === 0 || clients.includes(kind.id),
  );
  if (named.length > 0) {
    return named.map((name) => {
      const path = resolve(where.folder, name);
      const known = possible.find(
        (each) => realOf(each.path) !== undefined && realOf(each.path) === realOf(path),
      );
      return { path, kind: known?.kind ?? kindOfFile(path), scope: known?.scope ?? 'project', isNamed: true };
    });
  }
  const seen = new Set<string>();
  return possible.flatMap(({ path, kind, scope }) => {
    const real = realOf(path);
    // Two names of one file, such as where the project is the user's own folder.
    if (real === undefined || seen.has(real)) return [];
    seen.add(real);
    return [{ path, kind, scope, isNamed: false }];
  });
}

export const clientIds: readonly string[] = clientKinds.map(({ id }) => id);

/** The folder of the project that a file is for: that of the file, or the one around a folder of a client. */
export function projectOf(path: string): string {
  const folder = dirname(path);
  if (basename(folder) === 'mcpServers') return dirname(dirname(folder));
  return /^\.(?:cursor|vscode|gemini|codex|zed|continue|opencode)$/.test(basename(folder))
    ? dirname(folder)
    : folder;
}

/** Whether git shares a file with others. */
export function isShared(path: string): boolean {
  try {
    execFileSync('git', ['ls-files', '--error-unmatch', '--', basename(path)], {
      cwd: dirname(path),
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** A path as a person writes it. */
export function shown(path: string): string {
  const home = homedir();
  const isBelow = home.length > 1 && path.startsWith(home) && /^(?:[\\/]|$)/.test(path.slice(home.length));
  return isBelow ? `~${path.slice(home.length)}` : path;
}
