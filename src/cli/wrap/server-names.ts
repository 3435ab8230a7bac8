import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { FoundFile } from '../configuration/find-files.ts';
import { projectOf } from '../configuration/find-files.ts';
import type { ServerEntry } from '../configuration/server-entries.ts';

/**
 * The names by which logs, states and `--status` tell servers apart: `files@cursor`, and `db@cursor/shop-3fa2c1` for a server of
 * the project in a folder `shop`. Two servers never share one: in a file of states, they would share their circuits.
 */
export class ServerNames {
  readonly #taken = new Set<string>();

  /** Keeps a name that is in use already. */
  take(name: string | undefined): void {
    if (name !== undefined) this.#taken.add(name);
  }

  nameOf({ name, project }: ServerEntry, { kind, scope, path }: FoundFile): string {
    const folder = project ?? (scope === 'project' ? projectOf(path) : undefined);
    const hash = folder && createHash('sha256').update(folder).digest('hex').slice(0, 6);
    const where = folder === undefined ? '' : `/${basename(folder) || 'root'}-${hash}`;
    const base = `${name}@${kind.id}${where}`;
    let unique = base;
    for (let count = 2; this.#taken.has(unique); count++) unique = `${base}-${count}`;
    this.#taken.add(unique);
    return unique;
  }
}

/** The name in the options of a proxy. */
export function nameIn(flags: readonly string[]): string | undefined {
  const at = flags.indexOf('--name');
  if (at !== -1) return flags[at + 1];
  return flags.find((flag) => flag.startsWith('--name='))?.slice('--name='.length);
}
