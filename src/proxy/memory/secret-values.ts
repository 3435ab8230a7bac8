import type { ProxyOptions } from '../options/read.ts';
import { Secrets } from '../server/secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names of variables, flags and parameters whose values are secret. */
const secretName = /key|token|secret|passw|pwd|auth|credential|cookie|dsn/i;

/** A word, a path or a number is no secret, whatever its name says. */
const looksSecret = (value: string): boolean =>
  value.length >= 8 && !/^(?:[A-Za-z_ .-]+|\d+|\/.*)$/.test(value);

/** Finds, in what a server says, the secrets that it was given: an answer that repeats one is not kept. */
export class SecretValues {
  readonly #headers: Secrets;
  readonly #values: readonly string[];

  constructor({ command, url, headers }: ProxyOptions, environment: Environment) {
    this.#headers = new Secrets(headers);
    const values = [
      ...Object.entries(environment)
        .filter(([name]) => secretName.test(name))
        .map(([, value]) => value ?? ''),
      ...command.flatMap((word, at) => {
        const [name = '', value] = word.split(/=(.*)/s);
        if (secretName.test(name) && value !== undefined) return [value];
        return secretName.test(command[at - 1] ?? '') ? [word] : [];
      }),
      ...(url === undefined ? [] : [...new URL(url).searchParams.values()]),
    ];
    this.#values = values.filter(looksSecret);
  }

  /** Whether a text holds any of them. */
  areIn(text: string): boolean {
    return this.#headers.hide(text) !== text || this.#values.some((value) => text.includes(value));
  }
}
