import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { textOf } from './read.ts';

/** The first word of a refusal by a Redis server. */
const prefixesOfCategory: readonly (readonly [ErrorCategory, string])[] = [
  ['invalidParameters', 'WRONGTYPE EXECABORT CROSSSLOT BUSYKEY BUSYGROUP INVALIDOBJ NOSCRIPT'],
  ['resourceNotFound', 'NOGROUP'],
  ['permissionDenied', 'NOPERM DENIED'],
  ['authentication', 'NOAUTH WRONGPASS'],
  ['resourceExhausted', 'OOM'],
  ['serviceUnavailable', 'LOADING CLUSTERDOWN MASTERDOWN TRYAGAIN MISCONF READONLY NOREPLICAS BUSY'],
  ['cancelled', 'UNBLOCKED'],
];

const categoryOfPrefix: ReadonlyMap<string | undefined, ErrorCategory> = new Map(
  prefixesOfCategory.flatMap(([category, prefixes]) =>
    prefixes.split(' ').map((prefix) => [prefix, category] as const),
  ),
);

/** What ioredis and redis call the replies of a server. */
const classes: ReadonlySet<string> = new Set(['ReplyError', 'ErrorReply', 'SimpleError', 'BlobError']);

const prefixIn = /^(?:(?:Error|ReplyError|ResponseError): )?([A-Z]{3,12}) /;

/** Whether an error is what a Redis server replied. */
export function isRedisReply(error: unknown): boolean {
  return classNames(error).some((name) => classes.has(name));
}

/** The category of what a Redis server replied. `ERR` is its word for everything that is wrong with a command. */
export function byRedisReply(error: unknown): ErrorCategory | undefined {
  const text = textOf(error);
  const prefix = /^[A-Z]{3,12}(?= )/.exec(text)?.[0];
  if (prefix === undefined || !isRedisReply(error)) return undefined;
  if (text.startsWith('ERR max number of clients')) return 'rateLimit';
  return prefix === 'ERR' ? 'invalidParameters' : categoryOfPrefix.get(prefix);
}

/** The category of the reply of a Redis server that a text begins with: `WRONGTYPE Operation against a key …`. */
export function byRedisReplyIn(text: string): ErrorCategory | undefined {
  return categoryOfPrefix.get(prefixIn.exec(text)?.[1]);
}
