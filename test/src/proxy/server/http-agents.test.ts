import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { secureContextOf } from '../../../../src/proxy/server/certificates.ts';
import { hasNotRun, reasonOf } from '../../../../src/proxy/server/delivery-fault.ts';
import { HttpAgents } from '../../../../src/proxy/server/http-agents.ts';
import { ask } from '../../../../src/proxy/server/http-request.ts';
import { serve } from '../support/http-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-certificates-'));
const file = (name: string): string => join(folder, name);
const endings: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  // An authority, and certificates of it for a server and a client.
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority');
  for (const name of ['server', 'client']) {
    const alias = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key'];
    openssl(
      'req',
      '-x509',
      ...curve,
      ...signed,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      `/CN=${name}`,
      ...alias,
    );
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0)) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An HTTP proxy that records what it is asked for, and knows one name that no DNS server knows. */
async function startProxy(port: number, isLocked = false) {
  const asked: string[] = [];
  const tunnels: Duplex[] = [];
  const proxy = await serve((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (isLocked) return void response.writeHead(407).end();
    const { pathname } = new URL(incoming.url ?? '');
    const passed = request({ host: '127.0.0.1', port, path: pathname, method: incoming.method }, (given) => {
      response.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(response);
    });
    incoming.pipe(passed);
  });
  proxy.server.on('connect', (incoming, socket, head) => {
    tunnels.push(socket);
    asked.push(`CONNECT ${incoming.url}`);
    if (isLocked)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    const far = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    for (const each of [far, socket]) each.on('error', () => {});
  });
  // A server does not end its tunnels by itself.
  endings.push(() => {
    for (const tunnel of tunnels) tunnel.destroy();
    return proxy.stop();
  });
  return { url: proxy.origin, asked };
}

/** A server that says who its client is by its certificate. */
async function startSecure() {
  const server = createSecureServer(
    {
      key: readFileSync(file('server.key')),
      cert: readFileSync(file('server.pem')),
      ca: readFileSync(file('ca.pem')),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, response) => {
      const { subject } = (
        incoming.socket as unknown as { getPeerCertificate(): { subject?: { CN: string } } }
      ).getPeerCertificate();
      response.end(subject?.CN ?? 'nobody');
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => stop(server));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Pick<Server, 'close' | 'closeAllConnections'>): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

async function textAt(url: string, agents = new HttpAgents()): Promise<string> {
  const signal = new AbortController().signal;
  const { body } = await ask(url, { method: 'POST', headers: {}, signal, agents, body: Buffer.from('{}') });
  let text = '';
  for await (const chunk of body) text += chunk;
  return text;
}

describe('a server behind an HTTP proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])(
    'is reached through it, where %s says so',
    async (variable) => {
      const server = await serve((_, response) => response.end('here'));
      endings.push(() => server.stop());
      const proxy = await startProxy(Number(new URL(server.origin).port));
      vi.stubEnv(variable, proxy.url);
      expect(await textAt('http://mcp.example/mcp')).toBe('here');
      expect(proxy.asked).toEqual(['POST http://mcp.example/mcp']);
    },
  );

  it.each(['HTTPS_PROXY', 'https_proxy'])(
    'is reached by a tunnel where it speaks TLS and %s says so',
    async (variable) => {
      const port = await startSecure();
      const proxy = await startProxy(port);
      vi.stubEnv(variable, proxy.url);
      const context = secureContextOf({ ca: file('ca.pem') });
      expect(await textAt('https://localhost:4443/mcp', new HttpAgents(context))).toBe('nobody');
      expect(proxy.asked).toEqual(['CONNECT localhost:4443']);
    },
  );

  it.each(['mcp.example', '.example', '*', 'other, mcp.example:80'])(
    'is not, where NO_PROXY is %j',
    async (names) => {
      const proxy = await startProxy(9);
      vi.stubEnv('HTTP_PROXY', proxy.url);
      vi.stubEnv('NO_PROXY', names);
      await expect(textAt('http://mcp.example/mcp')).rejects.toThrow();
      expect(proxy.asked).toEqual([]);
    },
  );

  it('has surely not run a call if the proxy does not let it pass', async () => {
    const { asked, url } = await startProxy(9, true);
    vi.stubEnv('HTTPS_PROXY', url);
    const signal = new AbortController().signal;
    const answer = await ask('https://localhost:4443/mcp', { method: 'POST', headers: {}, signal });
    expect(answer.status).toBe(407);
    answer.body.resume();
    expect(asked).toEqual(['CONNECT localhost:4443']);
  });

  it('cannot be reached if the variable names none, and nobody learns its password', async () => {
    vi.stubEnv('HTTP_PROXY', 'socks5://me:s3cret@127.0.0.1:9');
    const error = await textAt('http://mcp.example/mcp').catch((reason: unknown) => reason);
    expect(reasonOf(error)).toMatch(/must be a URL that begins with http:/);
    expect(reasonOf(error)).not.toContain('s3cret');
    expect(hasNotRun(error)).toBe(true);
  });
});

describe('certificates', () => {
  it('of an authority of its own are trusted, beside the usual ones', async () => {
    const port = await startSecure();
    const url = `https://localhost:${port}/mcp`;
    await expect(textAt(url)).rejects.toThrow(/certificate/);
    expect(await textAt(url, new HttpAgents(secureContextOf({ ca: file('ca.pem') })))).toBe('nobody');
    expect(await textAt(url, new HttpAgents(secureContextOf({}, { SSL_CERT_FILE: file('ca.pem') })))).toBe(
      'nobody',
    );
  });

  it('of the client are shown to the server', async () => {
    const port = await startSecure();
    const files = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') };
    expect(await textAt(`https://localhost:${port}/mcp`, new HttpAgents(secureContextOf(files)))).toBe(
      'client',
    );
  });

  it('are not needed', () => {
    expect(secureContextOf({}, {})).toBeUndefined();
  });

  it.each([
    [{ ca: '/none' }, /^--ca "\/none" cannot be read: ENOENT/],
    [{ cert: '/none' }, /^--cert needs --key/],
    [{ key: '/none' }, /^--key needs --cert/],
    [{ cert: 'ca.key', key: 'ca.pem' }, /^--cert ".*", --key ".*": these certificates cannot be used: /],
  ])('are refused with the name of the flag: %j', (files, words) => {
    const named = Object.fromEntries(
      Object.entries(files).map(([name, each]) => [name, each.startsWith('/') ? each : file(each)]),
    );
    expect(() => secureContextOf(named, {})).toThrow(words);
  });
});
