import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../../../src/proxy/status/ask-status.ts';
import { ownSocket } from '../../../../src/proxy/status/status-sockets.ts';
import { statusText } from '../../../../src/proxy/status/status-text.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toolfuse-status-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const circuit = {
  tool: 'search',
  status: 'closed',
  failureCount: 0,
  remainingBackoffMs: null,
  upstream: null,
  isAvailable: true,
  lastErrorCategory: null,
};
const status = {
  pid: 1,
  server: 'files',
  circuit: 'server:files',
  startedAt: '2026-01-01T00:00:00.000Z',
  inspector: null,
  openCircuits: [],
  openCount: 0,
  circuits: [circuit],
  metrics: { tools: [{ tool: 'search', calls: 1, denials: 0 }] },
};

/** What is understood of a socket that does anything. */
async function askOne(serve: (socket: Socket) => void) {
  const path = join(folder, 'a.sock');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  }).listen(path);
  await once(server, 'listening');
  const answer = await ask(path);
  server.close();
  return answer;
}

describe('a socket that is asked for its status', () => {
  it('is understood if a proxy answers', async () => {
    expect(await askOne((socket) => socket.end(JSON.stringify(status)))).toEqual(status);
  });

  it.each([
    '',
    'hello',
    'null',
    '{}',
    '[]',
    JSON.stringify({ ...status, circuits: 5 }),
    JSON.stringify({ ...status, circuits: [{ ...circuit, tool: 7 }] }),
    JSON.stringify({ ...status, metrics: null }),
  ])('is left out if it says %j', async (text) => {
    expect(await askOne((socket) => socket.end(text))).toBeUndefined();
  });

  it('is left out if it never ends', async () => {
    const chunk = Buffer.alloc(65_536, ' ');
    const answer = await askOne((socket) => {
      const write = (): void => {
        while (socket.writable && socket.write(chunk));
      };
      socket.on('drain', write);
      write();
    });
    expect(answer).toBeUndefined();
  });
});

describe('the table of circuits', () => {
  it('shows what a terminal would obey, and cuts what is too long', () => {
    const tool = '\u001b[2J\u009b31m\u202eevil';
    const long = 'x'.repeat(5_000);
    const all = {
      ...status,
      server: '\u001b]0;x\u0007',
      circuits: [
        { ...circuit, tool },
        { ...circuit, tool: long },
      ],
    };
    const text = statusText([all as unknown as Parameters<typeof statusText>[0][number]]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('\\u001b[2J\\u009b31m\\u202eevil');
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThan(200);
  });
});

describe('the folder of the sockets', () => {
  const own = `toolfuse-${userInfo().uid}`;

  it('is not trusted where somebody has planted a link', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, own));
    expect(() => ownSocket()).toThrow(/is not a folder of this user/);
  });

  it('is used where it is ours', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
    expect(ownSocket()).toBe(join(folder, own, `${process.pid}.sock`));
  });
});
