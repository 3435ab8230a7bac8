import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerEnd } from '../../../../src/proxy/server/server-connection.ts';
import { ToolHeaders } from '../../../../src/proxy/server/tool-headers.ts';
import { UrlServer } from '../../../../src/proxy/server/url-server.ts';
import { Line } from '../../../../src/proxy/wire/line.ts';
import type { LongLine } from '../../../../src/proxy/wire/line-reader.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { serve } from './http-server.ts';

interface Posted {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
}

/** How a server answers POST and GET. */
interface Behaviour {
  readonly onPost: (message: Posted, response: ServerResponse, request: IncomingMessage) => void;
  readonly onGet?: (lastId: string | undefined, response: ServerResponse) => void;
}

const refuse = (_: unknown, response: ServerResponse): void => void response.writeHead(405).end();

/** An HTTP server, and the proxy's connection to it, in this process. */
export async function connectTo(
  { onPost, onGet = refuse }: Behaviour,
  maxMessageBytes = 1024 * 1024,
  headers: Readonly<Record<string, string>> = {},
  hidesInvalid = true,
) {
  const asked: string[] = [];
  const server = await serve(async (request, response) => {
    if (request.method === 'GET') {
      asked.push('GET');
      onGet(request.headers['last-event-id'] as string | undefined, response);
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const message = (body === '' ? {} : JSON.parse(body)) as Posted;
    asked.push(message.method ?? request.method ?? '');
    if (request.method === 'POST') onPost(message, response, request);
    else response.end();
  });
  const lines: string[] = [];
  const longLines: LongLine[] = [];
  const undelivered: { readonly method: string | undefined; readonly error: unknown }[] = [];
  const ends: ServerEnd[] = [];
  const connection = new UrlServer(
    { url: `${server.origin}/mcp`, headers, maxMessageBytes, toolHeaders: new ToolHeaders({ hidesInvalid }) },
    {
      onMessage: ({ line }) => lines.push(line.text('utf8', 0, line.length).trim()),
      onGarbage: (line) => lines.push(line.text('utf8', 0, line.length).trim()),
      onLongLine: (line) => longLines.push(line),
      together: (tell) => tell(),
      onDrain: () => {},
      onUndelivered: ({ method }, error) => undelivered.push({ method, error }),
      onEnd: (end) => ends.push(end),
    },
  );
  return {
    server,
    connection,
    /** The MCP methods that the server was asked for, or else the HTTP methods, in order. */
    asked,
    /** What the connection reported. */
    lines,
    longLines,
    undelivered,
    ends,
    say(message: Posted): void {
      const read = Message.read(Line.of(JSON.stringify({ jsonrpc: '2.0', ...message })));
      if (read === undefined) throw new TypeError('no message');
      connection.write(read);
    },
    async [Symbol.asyncDispose]() {
      await connection.close('now');
      await server.stop();
    },
  };
}

/** A call of a tool. */
export const callOf = (id: number): Posted => ({ id, method: 'tools/call', params: { name: 't' } });

/** The text of its answer. */
export const answerTo = (id: number, words = 'done'): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: words }] } });

/** Answers with a stream, and leaves it open. */
export function stream(response: ServerResponse, ...events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const event of events) response.write(`${event}\n\n`);
}

/** Answers with one message. */
export const answer = (response: ServerResponse, text: string): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
