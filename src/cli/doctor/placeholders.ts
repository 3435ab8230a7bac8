import { basename } from 'node:path';

/** Where a text with placeholders stands. */
export interface PlaceholderContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The folder of the project. */
  readonly folder: string;
  /** Whether `$NAME` without braces means a variable, as in Gemini CLI. */
  readonly hasBareNames: boolean;
}

/** A value that is not to be had here. */
export class UnknownPlaceholder extends Error {}

/** `${…}`, `{env:…}` and `{file:…}` of opencode, and `${{ … }}` of Continue. */
const pattern = /\$\{\{[^}]*\}\}|\$\{([^}]*)\}|\{((?:env|file):[^}]*)\}/g;
const bare = /\$([A-Za-z_]\w*)/g;

/**
 * Puts values into a text in the way in which clients do it, as far as the values are known outside of the client.
 *
 * @throws UnknownPlaceholder that names what only the client knows.
 */
export function filled(text: string, context: PlaceholderContext): string {
  const whole = text.replace(pattern, (all, first?: string, second?: string) =>
    knownValue(all, first ?? second ?? '', context),
  );
  return context.hasBareNames ? whole.replace(bare, (_, name: string) => variable(name, context)) : whole;
}

/** Whether a text has a placeholder that a client fills. */
export const hasPlaceholder = (text: string): boolean =>
  text.search(pattern) !== -1 || text.search(bare) !== -1;

function variable(name: string, { environment }: PlaceholderContext): string {
  const value = environment[name];
  if (value === undefined) {
    throw new UnknownPlaceholder(`it asks for the environment variable ${name}, which is not set here`);
  }
  return value;
}

function knownValue(all: string, inside: string, context: PlaceholderContext): string {
  const { folder, home } = context;
  switch (inside) {
    case 'workspaceFolder':
      return folder;
    case 'workspaceFolderBasename':
      return basename(folder);
    case 'userHome':
      return home;
    case 'pathSeparator':
    case '/':
      return process.platform === 'win32' ? '\\' : '/';
  }
  const [, name, otherwise] = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside) ?? [];
  if (name === undefined) throw new UnknownPlaceholder(`it asks for ${all}, which only its client knows`);
  if (otherwise !== undefined) return context.environment[name] || otherwise;
  return variable(name, context);
}
