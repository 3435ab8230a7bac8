import { type Agent, type IncomingMessage, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import type { Socket } from 'node:net';
import { AnswerFault } from './delivery-fault.ts';
import { HttpAgents } from './http-agents.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Keeps the connections. Default: connections with the usual certificates. */
  readonly agents?: HttpAgents;
  /** Aborts the request, and the reading of its answer. */
  readonly signal: AbortSignal;
  /** Called when the whole request is on its way; again for each redirection. */
  readonly onSent?: () => void;
}

/** An answer. Its body has to be read, or discarded by `letGo`. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: IncomingMessage;
}

/** How long a connection may take to be made, in ms. */
const connectTimeoutMs = 10_000;

/** Connections that need no certificates of their own. */
const plainAgents = new HttpAgents();

/** How long an unwanted body is read, in ms, so that its connection can be reused. */
const letGoMs = 1_000;

/**
 * Sends a request. Not by `fetch`, which gives up on an answer after 300 s of silence: only the proxy decides how long an
 * answer may take.
 *
 * @throws Error if there is no answer. Its `wasSent` is false if no connection was made.
 */
export async function ask(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const { agents = plainAgents } = request;
  const agent = agents.agentFor(url);
  return askBy(agent instanceof Promise ? await unsent(agent) : agent, url, request, agents.tls);
}

function askBy(
  agent: Agent,
  url: string,
  { method, headers, body, signal, onSent }: HttpRequest,
  tls: HttpAgents['tls'],
): Promise<HttpAnswer> {
  const isSecure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const request = (isSecure ? requestByHttps : requestByHttp)(url, {
      method,
      headers,
      signal,
      agent,
      ...tls,
    });
    let wasSent = false;
    // An HTTP proxy is connected before there is a socket.
    const timer = setTimeout(() => request.destroy(connectTimeout()), connectTimeoutMs);
    request.on('error', (error) => reject(Object.assign(error, { wasSent })));
    request.once('socket', (socket) => {
      clearTimeout(timer);
      onceConnected(socket, isSecure ? 'secureConnect' : 'connect', () => {
        wasSent = true;
      });
    });
    request.once('close', () => {
      clearTimeout(timer);
      // Only if nothing else has happened: it answered with something that is no answer.
      reject(
        Object.assign(new Error('the connection was closed without an answer'), {
          code: 'ECONNRESET',
          wasSent,
        }),
      );
    });
    request.once('upgrade', (answer, socket) => {
      socket.destroy();
      const why = `HTTP ${answer.statusCode}: it wants to switch to another protocol`;
      reject(AnswerFault.nonsense(why));
    });
    request.once('response', (answer) => {
      // A reader gets these errors from the stream; this listener keeps them from crashing us when nobody reads.
      answer.on('error', () => {});
      resolve({
        status: answer.statusCode ?? 0,
        statusText: answer.statusMessage ?? '',
        headers: headersOf(answer),
        body: answer,
      });
    });
    if (onSent !== undefined) request.once('finish', onSent);
    request.end(body);
  });
}

/** What fails before there is a connection. */
const unsent = async <Value>(promise: Promise<Value>): Promise<Value> =>
  promise.catch((error: unknown) => {
    throw Object.assign(error as Error, { wasSent: false });
  });

export const isOk = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** Discards the body of an answer. */
export function letGo({ body }: HttpAnswer): void {
  const timer = setTimeout(() => body.destroy(), letGoMs).unref();
  body.once('close', () => clearTimeout(timer));
  body.resume();
}

/** How much of a refusal is read, in bytes, and how much of its message is kept, in characters. */
const maxSaidBytes = 65_536;
const maxSaidLength = 200;

/** The beginning of a body that may be of any length. */
export async function bodyOf({ body }: HttpAnswer): Promise<string> {
  const timer = setTimeout(() => body.destroy(), letGoMs).unref();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxSaidBytes) break;
    }
  } catch {
    // The connection broke. What was read until then has to do.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The message of a refusal, shortened to one line: that of a JSON-RPC error, or a plain text. Empty for any other content. */
export function saidIn({ headers }: HttpAnswer, text: string): string {
  const type = headers.get('content-type') ?? '';
  const said = /json/i.test(type) ? messageIn(text) : /^text\/plain\b/i.test(type) ? text : '';
  return said
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, maxSaidLength);
}

/** Where APIs put the message of an error. */
interface Said {
  readonly message?: unknown;
  readonly error_description?: unknown;
  readonly detail?: unknown;
  readonly title?: unknown;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function messageIn(text: string): string {
  try {
    const { error, ...others } = JSON.parse(text) as Said & { readonly error?: Said | string };
    const inner =
      typeof error === 'string' ? { ...others, message: others.error_description ?? error } : error;
    return [inner?.message, others.message, others.detail, others.title].find(isText) ?? '';
  } catch {
    return '';
  }
}

/** With the code from which the circuits learn that it is a timeout. */
const connectTimeout = (): Error =>
  Object.assign(new Error(`no connection within ${connectTimeoutMs / 1000} s`), {
    code: 'UND_ERR_CONNECT_TIMEOUT',
  });

/** Calls `tell` when a socket is connected; at once, if it is a reused one. Destroys a socket that takes too long. */
function onceConnected(socket: Socket, event: 'connect' | 'secureConnect', tell: () => void): void {
  if (!socket.connecting) {
    tell();
    return;
  }
  const timer = setTimeout(() => socket.destroy(connectTimeout()), connectTimeoutMs);
  socket.once(event, tell);
  for (const end of [event, 'close']) socket.once(end, () => clearTimeout(timer));
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  return headers;
}
