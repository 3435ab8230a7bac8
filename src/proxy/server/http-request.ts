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
  /** Breaks it off, and its answer as well. */
  readonly signal: AbortSignal;
}

/** An answer, whose body has still to be read, or to be let go. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: IncomingMessage;
}

const connectTimeoutMs = 10_000;

/** Many servers close a connection after five idle seconds: none must be used at that moment. */
const idleMs = 4_000;

/** The options of one of the process's own: they hold what this Node.js knows of proxies on the way. */
const optionsOf = (agent: HttpAgent): AgentOptions => (agent as { options?: AgentOptions }).options ?? {};

const httpAgent = new HttpAgent({ ...optionsOf(globalAgent), timeout: idleMs });
const httpsAgent = new HttpsAgent({ ...optionsOf(globalHttpsAgent), timeout: idleMs });

/** A body that nobody wants is read for so long, so that its connection is of further use. */
const letGoMs = 1_000;

/**
 * Asks a server. Not by `fetch`, which gives an answer 300 s to begin, and as long between its parts: how long one may take,
 * the proxy decides alone.
 *
 * @throws Error where there is no answer; its `wasSent` is false where no connection has come about.
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
      // Whoever reads it is told of its faults; nobody may.
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

/** Lets an answer go whose body nobody wants. */
export function letGo({ body }: HttpAnswer): void {
  const timer = setTimeout(() => body.destroy(), letGoMs).unref();
  body.once('close', () => clearTimeout(timer));
  body.resume();
}

const maxSaidBytes = 4_096;
const maxSaidLength = 200;

/** What a refusal says, on one line and cut: that of a JSON-RPC error, or a plain text; nothing where it says it in another way. */
export async function saidOf({ headers, body }: HttpAnswer): Promise<string> {
  const type = headers.get('content-type') ?? '';
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
    // What was heard is what it said.
  } finally {
    clearTimeout(timer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
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

/** Tells of a connection that has come about, be it an earlier one that is used again. It may not take long. */
function onceConnected(socket: Socket, event: 'connect' | 'secureConnect', tell: () => void): void {
  if (!socket.connecting) {
    tell();
    return;
  }
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${connectTimeoutMs / 1000} s`);
    // By which the circuits know what it is.
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
