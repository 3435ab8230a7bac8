import { validateHeaderName, validateHeaderValue } from 'node:http';
import { UsageError } from '../../cli/command.ts';
import { cut } from './cut.ts';
import { show } from './own-settings.ts';

type Headers = Readonly<Record<string, string>>;

/** What the flags say: `NAME: VALUE`. */
export const headersOf = (flags: readonly string[]): Headers =>
  Object.fromEntries(
    flags.map((flag) => {
      const [name, value] = cut(flag, ':', `--header ${show(flag)} must be 'NAME: VALUE'`);
      return [name.trim(), value];
    }),
  );

/**
 * Puts the environment's values where `${NAME}` stands, so that no secret has to be written down.
 *
 * @throws UsageError for what HTTP does not allow. It tells no value, which may be secret.
 */
export function expandHeaders(
  headers: Headers,
  environment: Readonly<Record<string, string | undefined>>,
): Headers {
  const expand = (header: string, value: string): string =>
    value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const found = environment[name];
      if (found === undefined) {
        throw new UsageError(`header ${header} needs the environment variable ${name}, which is not set`);
      }
      return found;
    });
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      const expanded = expand(header, value).trim();
      check(() => validateHeaderName(header), `header ${show(header)} has a name that HTTP does not allow`);
      check(
        () => validateHeaderValue(header, expanded),
        `header ${header} has a value that HTTP does not allow`,
      );
      return [header, expanded];
    }),
  );
}

function check(validate: () => void, complaint: string): void {
  try {
    validate();
  } catch {
    throw new UsageError(complaint);
  }
}
