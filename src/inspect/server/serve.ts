import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ToolRegistry } from 'toolfuse';
import { WebSocketServer } from 'ws';
import type { AttachOptions, Inspector } from '../inspector.ts';
import { Ledger } from '../ledger.ts';
import { checkInspectOptions, type InspectOptions } from '../options.ts';
import { pageProtocol } from '../protocol.ts';
import { RegistrySource } from '../registry-source.ts';
import { Access, type Refusal } from './access.ts';
import { Apps } from './apps.ts';
import { say, serveAsset } from './assets.ts';
import { Connections } from './connections.ts';
import { openInBrowser } from './open-in-browser.ts';
import { Pages } from './pages.ts';
import { Processes } from './processes.ts';

/** The largest numbers of connections of any kind, of pages, and of apps. */
const maxConnections = 128;
const maxPages = 16;
const maxApps = 32;
/** The largest number of pages that are passed on to other processes, of all pages together. */
const maxPagesElsewhere = 64;
/** The largest messages that an app and a page may send, in bytes. */
const maxAppBytes = 4 * 2 ** 20;
const maxPageBytes = 64 * 2 ** 10;

/**
 * Serves the inspector's page on this machine, and only to this machine.
 *
 * @throws TypeError or RangeError for invalid options, Error if the port is taken.
 */
export async function serve(options: InspectOptions): Promise<Inspector> {
  const settings = checkInspectOptions(options);
  const access = new Access();
  const ledger = new Ledger(settings.history);
  const pages = new Pages(ledger, settings);
  const processes = new Processes(settings.processes, (news) => pages.setProcesses(news));
  const apps = new Apps(ledger);

  // How often Node checks for connections whose time has run out.
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    const refusal = access.refuseHost(request);
    if (refusal !== null) say(response, refusal.status, refusal.why);
    else serveAsset(request, response);
  });
  const connections = new Connections(maxConnections);
  // Silent connections are closed soon, so that they do not use up the limit.
  server.headersTimeout = 2_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 2_000;

  const socketsOf = (maxPayload: number) =>
    new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload,
      // Compression is off, because a small message could unpack into a huge one.
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has(pageProtocol) ? pageProtocol : false),
    });
  const pageSockets = socketsOf(maxPageBytes);
  const appSockets = socketsOf(maxAppBytes);

  const admitPage = (request: IncomingMessage, socket: Socket, head: Buffer): void => {
    const id = new URL(request.url ?? '/', 'http://localhost').searchParams.get('process');
    const other = id === null ? undefined : processes.find(id);
    const isFull =
      (id === null ? pages.count : processes.count) >= (id === null ? maxPages : maxPagesElsewhere);
    if (isFull || (id !== null && other === undefined)) {
      refuse(socket, isFull ? tooManyPages : hasEnded);
      return;
    }
    connections.know(socket, 'page');
    pageSockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (other === undefined) pages.add(webSocket);
      else processes.connect(other, webSocket);
    });
  };
  server.on('upgrade', (request, duplex, head) => {
    // Of a server without TLS, it is a TCP socket.
    const socket = duplex as Socket;
    socket.on('error', () => socket.destroy());
    const visitor = access.admit(request);
    if (typeof visitor === 'object') {
      refuse(socket, visitor);
    } else if (visitor === 'page') {
      admitPage(request, socket, head);
    } else {
      if (apps.count >= maxApps) return refuse(socket, { status: 503, why: 'Too many apps are connected.' });
      connections.know(socket, 'app');
      appSockets.handleUpgrade(request, socket, head, (webSocket) => apps.add(webSocket));
    }
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  server.on('connection', (socket) => {
    connections.add(socket);
    if (!settings.keepAlive) socket.unref();
  });
  const port = await listen(server, settings.port, settings.host);
  if (!settings.keepAlive) server.unref();
  access.setPort(port);
  const host = settings.host === '::1' ? '[::1]' : settings.host;
  pages.appUrl = `ws://${host}:${port}`;

  let registries = 0;
  let removeOpener = (): void => {};
  const detachers = new Set<() => void>();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      for (const detach of detachers) detach();
      pages.close();
      apps.close();
      processes.close();
      removeOpener();
      server.close(() => resolve());
      connections.closeAll();
    });
    return closing;
  };
  const inspector: Inspector = {
    url: `http://${host}:${port}/#${access.token}`,
    appUrl: pages.appUrl,
    attach(registry: ToolRegistry, options: AttachOptions = {}) {
      if (closing !== undefined) throw new Error('the inspector is closed');
      registries += 1;
      const { sanitize } = settings;
      const source = new RegistrySource(`r${registries}`, registry, ledger, {
        name: settings.name,
        sanitize,
        ...options,
      });
      const detachSource = source.attach();
      const detach = (): void => {
        if (detachers.delete(detach)) detachSource();
      };
      detachers.add(detach);
      return detach;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  if (settings.open) removeOpener = openInBrowser(inspector.url);
  await processes.start();
  return inspector;
}

const tooManyPages = { status: 503, why: 'Too many pages are open.' } as const;
const hasEnded = { status: 404, why: 'It has ended.' } as const;
const statusTexts = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
} as const;

function refuse(socket: Duplex, { status, why }: Refusal | { status: 404 | 503; why: string }): void {
  // A client that does not hang up after the answer would keep using up the limit.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${statusTexts[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${
      why.length
    }\r\n\r\n${why}`,
  );
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} of ${host} is taken; choose another, or 0 for any that is free`)
          : error,
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      // Later errors concern single connections only.
      server.on('error', () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}
