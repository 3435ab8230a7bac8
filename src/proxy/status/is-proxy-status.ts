import { isPlainObject } from '../../../machines/rule.ts';
import type { ProxyStatus } from './proxy-status.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const having =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isPlainObject(value) && Object.entries(members).every(([name, check]) => check(value[name]));

const check = having({
  pid: isNumber,
  server: isText,
  circuit: isText,
  inspector: orNull(isText),
  openCount: isNumber,
  circuits: listOf(
    having({
      tool: isText,
      status: isText,
      failureCount: isNumber,
      remainingBackoffMs: orNull(isNumber),
      upstream: orNull(isText),
      isAvailable: (value) => typeof value === 'boolean',
      lastErrorCategory: orNull(isText),
    }),
  ),
  metrics: having({ tools: listOf(having({ tool: isText, calls: isNumber, denials: isNumber })) }),
});

/** Whether a socket has answered with what is shown of a proxy. Any program of this user could listen there. */
export const isProxyStatus = (value: unknown): value is ProxyStatus => check(value);
