import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

/** How a call of an HTTP client is made to fail. */
export interface HttpFault {
  readonly name: string;
  readonly url: string;
  /** What ends the call where the server does not: a signal that times out, the client's own limit, the caller. */
  readonly endedBy?: 'deadline' | 'limit' | 'caller';
}

type Answer = (response: ServerResponse) => void;

const inAMinute = (): string => String(Math.ceil(Date.now() / 1_000) + 60);

/** What the servers do, by the name of the fault. */
const answers: Readonly<Record<string, Answer>> = {
  '401': refuse(401),
  '403': refuse(403),
  '403, limit': refuse(403, () => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inAMinute() })),
  '404': refuse(404),
  '408': refuse(408),
  '429': refuse(429, () => ({ 'retry-after': '7' })),
  '500': refuse(500),
  '503': refuse(503, () => ({ 'retry-after': '7' })),
  reset: (response) => response.socket?.destroy(),
  cut: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"data":');
    setTimeout(() => response.destroy(), 50);
  },
  hang: () => {},
};

function refuse(status: number, headers: () => Record<string, string> = () => ({})): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers() });
    response.end('{"error":{"message":"it failed"},"message":"it failed"}');
  };
}

interface FaultServer {
  readonly url: string;
  readonly close: () => void;
}

/** A server with one fault, whatever path it is asked for: clients add paths of their own. */
async function serve(name: string, answer: Answer): Promise<FaultServer> {
  const server = createHttpServer((request, response) => {
    request.resume();
    answer(response);
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    const status = Number.parseInt(name, 10);
    if (name === 'hang') return;
    if (Number.isNaN(status)) socket.destroy();
    else socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The faults of HTTP, each with a server that has it, and how to end those. */
export async function httpFaults(): Promise<{
  readonly faults: readonly HttpFault[];
  readonly close: () => void;
}> {
  const servers = new Map<string, FaultServer>();
  for (const [name, answer] of Object.entries(answers)) servers.set(name, await serve(name, answer));
  const urlOf = (name: string): string => servers.get(name)?.url ?? '';
  const faults: HttpFault[] = [
    ...Object.keys(answers)
      .filter((name) => name !== 'hang')
      .map((name) => ({ name, url: urlOf(name) })),
    { name: 'refused', url: `http://127.0.0.1:${await closedPort()}` },
    { name: 'no host', url: 'http://no-such-host.invalid' },
    { name: 'no TLS', url: urlOf('500').replace('http:', 'https:') },
    { name: 'deadline', url: urlOf('hang'), endedBy: 'deadline' },
    { name: 'own limit', url: urlOf('hang'), endedBy: 'limit' },
    { name: 'aborted', url: urlOf('hang'), endedBy: 'caller' },
  ];
  return {
    faults,
    close: () => {
      for (const server of servers.values()) server.close();
    },
  };
}
