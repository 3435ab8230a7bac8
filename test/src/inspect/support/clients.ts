import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { pageProtocol, type ServerMessage, tokenPrefix } from '../../../../src/inspect/protocol.ts';

/** The data that a client needs about an inspector. */
type Served = { readonly url: string };

export const portOf = (inspector: Served): number => Number(new URL(inspector.url).port);
export const tokenOf = (inspector: Served): string => new URL(inspector.url).hash.slice(1);

/** Sends one HTTP request exactly as given. */
export function ask(
  inspector: Served,
  {
    path = '/',
    method = 'GET',
    headers = {},
  }: { path?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: portOf(inspector), path, method, headers, agent: false },
      (response) => {
        let body = '';
        response.on('data', (part) => (body += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

export interface Connected {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
}

/** An accepted WebSocket, or the HTTP status with which it was refused. */
export function knock(
  inspector: Served,
  protocols: string[] = [],
  { path = '/', ...options }: ClientOptions & { readonly path?: string } = {},
): Promise<Connected | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(inspector)}${path}`, protocols, options);
    onTestFinished(() => socket.terminate());
    const messages: ServerMessage[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    socket.on('open', () => resolve({ socket, messages }));
    socket.on('unexpected-response', (asked, response) => {
      asked.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', (error) => {
      if (!/before the connection was established/.test(error.message)) reject(error);
    });
  });
}

/** A client with all the knowledge of the page. */
export async function knockAsPage(
  inspector: Served,
  options: ClientOptions & { readonly path?: string } = {},
): Promise<Connected> {
  const connected = await knock(inspector, [pageProtocol, `${tokenPrefix}${tokenOf(inspector)}`], {
    origin: new URL(inspector.url).origin,
    ...options,
  });
  if (typeof connected === 'number') throw new Error(`refused with ${connected}`);
  return connected;
}

/** An app that connects to be shown. */
export async function knockAsApp(inspector: Served, options: ClientOptions = {}): Promise<Connected> {
  const connected = await knock(inspector, [], options);
  if (typeof connected === 'number') throw new Error(`refused with ${connected}`);
  return connected;
}

/** The code and reason with which the server closes a connection. */
export const closed = (socket: WebSocket): Promise<{ code: number; reason: string }> =>
  new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })));

/** A raw connection that sends nothing. */
export function connectBare(inspector: Served): Socket {
  const socket = connect(portOf(inspector), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}
