import { show } from '../../../machines/rule.ts';
import { cut } from './cut.ts';
import { UsageError } from './usage-error.ts';

/** `${NAME}`, or `${env:NAME}` as in VS Code's configuration. */
const variable = /\$\{(?:env:)?(\w+)\}/g;

/** The rules of `node:http`, which takes a while to load: not every proxy has headers, and each start waits. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

type Headers = Readonly<Record<string, string>>;

/** Headers whose values MCP and HTTP define. */
const ownHeaders = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'transfer-encoding',
]);

/** Whether a header is set by the proxy itself. */
export const isOwnHeader = (name: string): boolean => ownHeaders.has(name.toLowerCase());

/** A header without a colon may be nothing but a secret. Only what looks like the name of a header is shown. */
const shownFlag = (flag: string): string => (/^[A-Z][A-Za-z-]{0,15}$/.test(flag) ? `${show(flag)} ` : '');

/**
 * The headers of a file, and those of flags (`NAME: VALUE`), which win. Names are equal regardless of case.
 *
 * @throws UsageError for a header that the proxy sets itself.
 */
export function readHeaders(file: Headers, flags: readonly string[]): Headers {
  const byName = new Map<string, [string, string]>();
  const add = (name: string, value: string): void => {
    const key = name.toLowerCase();
    if (isOwnHeader(name)) throw new UsageError(`header ${name} is set by the proxy itself`);
    byName.set(key, [name, value]);
  };
  for (const [name, value] of Object.entries(file)) add(name, value);
  for (const flag of flags) {
    const [name, value] = cut(flag, ':', `--header ${shownFlag(flag)}must be 'NAME: VALUE'`);
    add(name.trim(), value);
  }
  return Object.fromEntries(byName.values());
}

/**
 * The header that `NAME=VARIABLE` stands for. Where a client expands `${NAME}` in a command itself, a reference to a variable of
 * the command's own would be lost.
 */
export function headerFromVariable(flag: string): string {
  const [name, variable] = cut(flag, '=', `--header-env ${shownFlag(flag)}must be NAME=VARIABLE`);
  if (!/^\w+$/.test(variable)) {
    throw new UsageError(`--header-env ${shownFlag(name)}must name an environment variable after the =`);
  }
  return `${name}: \${${variable}}`;
}

/**
 * Replaces each `${NAME}` by the environment's value, so that no secret has to be written down.
 *
 * @throws UsageError for a header that HTTP does not allow. It never shows a value, which may be secret.
 */
export function expandHeaders(
  headers: Headers,
  environment: Readonly<Record<string, string | undefined>>,
): Headers {
  const expand = (header: string, value: string): string =>
    value.replace(variable, (_, name: string) => {
      const found = environment[name];
      if (found === undefined) {
        throw new UsageError(`header ${header} needs the environment variable ${name}, which is not set`);
      }
      return found;
    });
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      const expanded = expand(header, value).trim();
      if (!token.test(header))
        throw new UsageError(`header ${show(header)} has a name that HTTP does not allow`);
      if (forbidden.test(expanded))
        throw new UsageError(`header ${header} has a value that HTTP does not allow`);
      return [header, expanded];
    }),
  );
}
