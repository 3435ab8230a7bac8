import { versionKey } from './era.ts';
import { headerValue } from './header-value.ts';
import type { Message } from './message.ts';

/** The methods whose requests name something, and the parameter that has its name. */
const nameOf: ReadonlyMap<string | undefined, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

const textAt = (request: Message, ...path: readonly string[]): string | undefined => {
  const value = request.value(...path);
  return typeof value === 'string' ? value : undefined;
};

/** What the headers of a modern request over HTTP have to repeat of it. */
export interface StandardHeaders {
  /** Undefined where its envelope names no version. */
  readonly version: string | undefined;
  readonly method: string;
  /** What the request is about; undefined where it names nothing. */
  readonly name: string | undefined;
}

export function standardHeadersOf(request: Message): StandardHeaders {
  const parameter = nameOf.get(request.method);
  return {
    version: textAt(request, 'params', '_meta', versionKey),
    method: request.method ?? '',
    name: parameter === undefined ? undefined : textAt(request, 'params', parameter),
  };
}

/** The same as HTTP headers. */
export function standardHeaders(request: Message): Record<string, string> {
  const { version, method, name } = standardHeadersOf(request);
  return {
    ...(version !== undefined && { 'mcp-protocol-version': headerValue(version) }),
    'mcp-method': headerValue(method),
    ...(name !== undefined && { 'mcp-name': headerValue(name) }),
  };
}
