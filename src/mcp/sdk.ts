import { show } from '../../machines/rule.ts';

/** The versions of the official SDK whose clients and servers are guarded. */
export type SdkVersion = 1 | 2;

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** What clients of both versions have, and other clients with a `callTool` do not. */
const ofClients = ['callTool', 'listTools', 'ping', 'request', 'setRequestHandler', 'getServerCapabilities'];

/** What only clients of version 2 have, because only they speak more than one era. */
const ofModernClients = ['getProtocolEra', 'discover'];

/** The version of the SDK that a client is of; undefined for anything that is not its `Client`. */
export function versionOfClient(client: unknown): SdkVersion | undefined {
  if (!hasMethods(client, ofClients)) return undefined;
  return hasMethods(client, ofModernClients) ? 2 : 1;
}

/** Whether a value is an `McpServer` of either version. Neither has a public list of its tools; tests check their private one. */
export function isMcpServer(server: unknown): boolean {
  if (!hasMethods(server, ['connect', 'isConnected', 'sendToolListChanged'])) return false;
  const { _registeredTools: tools } = server as { _registeredTools?: unknown };
  return typeof tools === 'object' && tools !== null;
}

/** What was given instead, as a user knows it: by its class, if it has one. */
export function named(value: unknown): string {
  const { name } = (value as { constructor?: { name?: unknown } } | null | undefined)?.constructor ?? {};
  const hasClass = typeof value === 'object' && typeof name === 'string' && !['', 'Object'].includes(name);
  return hasClass ? `an instance of ${name}` : show(value);
}
