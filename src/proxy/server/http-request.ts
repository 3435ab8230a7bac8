import {
  type AgentOptions,
  globalAgent,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestByHttp,
} from 'node:http';
import { globalAgent as globalHttpsAgent, Agent as HttpsAgent, request as requestByHttps } from 'node:https';
import type { Socket } from 'node:net';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Aborts the request, and the reading of its answer. */
  readonly signal: AbortSignal;
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

/** Idle connections are closed after this time, in ms: many servers close theirs after five seconds, and a request must not meet that moment. */
const idleMs = 4_000;

/** The options of one of Node's global agents, which hold the HTTP proxies that Node was told to use. */
const optionsOf = (agent: HttpAgent): AgentOptions => (agent as { options?: AgentOptions }).options ?? {};

const httpAgent = new HttpAgent({ ...optionsOf(globalAgent), timeout: idleMs });
const httpsAgent = new HttpsAgent({ ...optionsOf(globalHttpsAgent), timeout: idleMs });

/** How long an unwanted body is read, in ms, so that its connection can be reused. */
const letGoMs = 1_000;

/**
 * Sends a request. Not by `fetch`, which gives up on an answer after 300 s of silence: only the proxy decides how long an
 * answer may take.
 *
 * @throws Error if there is no answer. Its `wasSent` is false if no connection was made.
 */
export function ask(url: string, { method, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  const isSecure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal, agent: isSecure ? httpsAgent : httpAgent };
    const request = (isSecure ? requestByHttps : requestByHttp)(url, options);
    let wasSent = false;
    request.on('error', (error) => reject(Object.assign(error, { wasSent })));
    request.once('socket', (socket) => {
      onceConnected(socket, isSecure ? 'secureConnect' : 'connect', () => {
        wasSent = true;
      });
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
    request.end(body);
  });
}

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

function messageIn(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: unknown }; message?: unknown };
    return String(error?.message ?? message ?? '');
  } catch {
    return '';
  }
}

/** Calls `tell` when a socket is connected; at once, if it is a reused one. Destroys a socket that takes too long. */
function onceConnected(socket: Socket, event: 'connect' | 'secureConnect', tell: () => void): void {
  if (!socket.connecting) {
    tell();
    return;
  }
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${connectTimeoutMs / 1000} s`);
    // The code from which the circuits learn that it is a timeout.
    socket.destroy(Object.assign(error, { code: 'UND_ERR_CONNECT_TIMEOUT' }));
  }, connectTimeoutMs);
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
