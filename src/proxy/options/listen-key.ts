import { show } from '../../../machines/rule.ts';
import type { Address } from './kinds.ts';
import { UsageError } from './usage-error.ts';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?(?:0{0,4}:){2,7}0{0,3}1\]?)$/i;

/** Whether only this machine reaches a host, by its name or address, in brackets or not. */
export const isLoopback = (host: string): boolean => loopback.test(host);

interface ListenKeyOptions {
  readonly listen?: Address;
  readonly tokenEnv?: string;
}

/**
 * The key that clients have to show; undefined if they need none.
 *
 * @throws UsageError if the variable is not set, or if other machines reach the address and there is no key.
 */
export function listenKey(
  { listen, tokenEnv }: ListenKeyOptions,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (listen === undefined) {
    if (tokenEnv !== undefined) throw new UsageError('--token-env needs --listen');
    return undefined;
  }
  if (tokenEnv === undefined) {
    if (isLoopback(listen.host)) return undefined;
    throw new UsageError(
      `--listen ${show(listen.host)} is reached by other machines: put a key into an environment variable, and its name after --token-env`,
    );
  }
  const key = environment[tokenEnv]?.trim();
  if (!key) throw new UsageError(`--token-env ${show(tokenEnv)}: this environment variable is not set`);
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError(`--token-env ${show(tokenEnv)}: a key must be printable ASCII without spaces`);
  }
  return key;
}
