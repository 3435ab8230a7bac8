import type { IncomingHttpHeaders } from 'node:http';
import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  INVALID_REQUEST,
  PARSE_ERROR,
  UNSUPPORTED_VERSION,
} from '../../classify/rpc-codes.ts';
import { versionKey } from '../wire/era.ts';
import { type HeaderMark, markedText } from '../wire/header-marks.ts';
import { textOfHeader } from '../wire/header-value.ts';
import type { Line } from '../wire/line.ts';
import { type Json, Message } from '../wire/message.ts';
import { standardHeadersOf } from '../wire/standard-headers.ts';
import { Refusal } from './http-check.ts';

/** The first revision of the modern era. */
const firstModern = '2026-07-28';

const clientKey = 'io.modelcontextprotocol/clientInfo';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

/** The reason to refuse a modern request, as JSON-RPC and as HTTP have it. */
export class ModernRefusal extends Refusal {
  readonly code: number;
  readonly data: Json | undefined;
  /** Of the request, as JSON text. */
  readonly id: string;

  constructor(request: Message | undefined, code: number, message: string, data?: Json) {
    super(400, message);
    this.code = code;
    this.data = data;
    this.id = request?.id ?? 'null';
  }

  /** What is no message at all. */
  static unreadable(body: Line): ModernRefusal {
    const isObject = /^\s*\{/.test(body.text('latin1', 0, Math.min(body.length, 100)));
    return isObject
      ? new ModernRefusal(undefined, PARSE_ERROR, 'the body is no JSON')
      : new ModernRefusal(undefined, INVALID_REQUEST, 'the body must be one JSON-RPC message');
  }

  static mismatch(request: Message, header: string, why: string): ModernRefusal {
    return new ModernRefusal(request, HEADER_MISMATCH, `the headers disagree with the body: ${why}`, {
      mismatch: { header, body: why },
    });
  }

  toAnswer(): Message {
    const { code, message, data } = this;
    return Message.answer(this.id, { error: { code, message, ...(data !== undefined && { data }) } });
  }

  /** @param supported The versions that the server speaks. */
  static version(request: Message, supported: Json): ModernRefusal {
    const { version = null } = standardHeadersOf(request);
    return new ModernRefusal(
      request,
      UNSUPPORTED_VERSION,
      `the server does not speak the protocol version ${version}`,
      { supported, requested: version },
    );
  }
}

type Fields = { readonly [key: string]: Json | undefined };
const isObject = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const one = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header.trim() : undefined;

const hasEnvelope = (message: Message): boolean => message.text('params', '_meta', versionKey) !== undefined;

/** Whether a request says by its headers that it is of the modern era, where they have to say so. */
export const namesModern = (headers: IncomingHttpHeaders): boolean =>
  (one(headers['mcp-protocol-version']) ?? '') >= firstModern;

/**
 * What a POST of no session holds: a message of the legacy era, a modern request, or a modern notification. That is for the body
 * to say; the headers have to agree.
 *
 * @throws ModernRefusal for a message that claims to be modern, and is not.
 */
export function eraOfPost(
  message: Message,
  headers: IncomingHttpHeaders,
): 'legacy' | { readonly request: Message } | 'notification' {
  const isModern = namesModern(headers);
  if (message.isRequest) {
    if (hasEnvelope(message)) return { request: message };
    if (!isModern) return 'legacy';
    if (message.method === 'initialize')
      throw ModernRefusal.mismatch(message, 'MCP-Protocol-Version', '`initialize` is of an earlier revision');
    const meta = message.value('params', '_meta');
    if (meta !== undefined && !isObject(meta))
      throw new ModernRefusal(message, INVALID_REQUEST, 'params._meta is not an object');
    throw new ModernRefusal(message, INVALID_PARAMS, `params._meta lacks ${versionKey}`, {
      envelope: { missing: [versionKey, capabilitiesKey] },
    });
  }
  if (message.method === undefined || !(isModern || hasEnvelope(message))) return 'legacy';
  // Notifications need no header, but one that is there must not say something else.
  if (headers['mcp-method'] !== undefined) repeats(message, headers, 'Mcp-Method', message.method);
  return 'notification';
}

/** Checks what a modern request says of its client, and that its headers repeat it. @throws ModernRefusal */
export function checkModern(request: Message, headers: IncomingHttpHeaders): void {
  const meta = request.value('params', '_meta');
  const said: Fields = isObject(meta) ? meta : {};
  const isInvalid = (key: string, problem: string): ModernRefusal =>
    new ModernRefusal(request, INVALID_PARAMS, `params._meta['${key}'] is ${problem}`, {
      envelope: { key, problem },
    });
  if (typeof said[versionKey] !== 'string') throw isInvalid(versionKey, 'not a string');
  if (said[capabilitiesKey] === undefined) throw isInvalid(capabilitiesKey, 'missing');
  if (!isObject(said[capabilitiesKey])) throw isInvalid(capabilitiesKey, 'not an object');
  if (said[clientKey] !== undefined && !isObject(said[clientKey]))
    throw isInvalid(clientKey, 'not an object');
  const { version = '', method, name } = standardHeadersOf(request);
  repeats(request, headers, 'MCP-Protocol-Version', version);
  repeats(request, headers, 'Mcp-Method', method);
  if (name !== undefined) repeats(request, headers, 'Mcp-Name', name);
}

/** Checks that the headers of a call repeat the arguments that its tool has marked. @throws ModernRefusal */
export function checkArguments(
  call: Message,
  headers: IncomingHttpHeaders,
  marks: readonly HeaderMark[],
): void {
  const args = call.value('params', 'arguments');
  for (const mark of marks) {
    const text = markedText(mark, args);
    if (text !== undefined) repeats(call, headers, `Mcp-Param-${mark.name}`, text, mark.isNumber);
  }
}

const decimal = /^-?\d+(?:\.\d+)?$/;

function repeats(
  request: Message,
  headers: IncomingHttpHeaders,
  header: string,
  expected: string,
  isNumber = false,
): void {
  const value = one(headers[header.toLowerCase()]);
  const say = JSON.stringify(expected);
  if (value === undefined)
    throw ModernRefusal.mismatch(request, header, `${header} is missing, the body says ${say}`);
  const text = textOfHeader(value);
  if (text === undefined) throw ModernRefusal.mismatch(request, header, `${header} is no valid Base64`);
  if (text === expected) return;
  if (isNumber && decimal.test(text) && Number(text) === Number(expected)) return;
  throw ModernRefusal.mismatch(
    request,
    header,
    `${header} says ${JSON.stringify(text)}, the body says ${say}`,
  );
}
