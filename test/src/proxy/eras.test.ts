import { beforeAll, describe, expect, it } from 'vitest';
import { behindProxy, proxy } from './support/connections.ts';
import { EraServer, type Eras } from './support/era-server.ts';
import { type Mode, overHttp, overStdio, runSession, type Seen, steps } from './support/era-session.ts';
import { Listening } from './support/listening.ts';
import type { CommandLine } from './support/raw-client.ts';

const allEras: readonly Eras[] = ['legacy', 'dual', 'modern'];
const modes: readonly Mode[] = ['legacy', 'auto', 'pinned'];

/** A program that says where it listens. */
const listening = ([program, ...args]: CommandLine): Promise<Listening> =>
  Listening.start([program, ...args], (stderr) => /(?:listening at |"url":")(http[^"\s]+)/.exec(stderr)?.[1]);

const served = ({ command: [program, ...args] }: EraServer): Promise<Listening> =>
  listening([program, ...args, '0']);

const listen = (...args: string[]): Promise<Listening> =>
  listening(proxy('--listen', '127.0.0.1:0', '--log', 'json', ...args));

type Transport = 'stdio' | 'http';

/** A way from a client to a server: how the client reaches us, how the server is reached, and a session of that kind. */
interface Way {
  readonly client: Transport;
  readonly server: Transport;
  readonly run: (mode: Mode, server: EraServer) => Promise<Seen>;
}

const direct: Readonly<Record<Transport, Way['run']>> = {
  stdio: (mode, server) => runSession(mode, server, overStdio(server.command)),
  async http(mode, server) {
    await using at = await served(server);
    return await runSession(mode, server, overHttp(at.url));
  },
};

const ways = {
  stdio: {
    client: 'stdio',
    server: 'stdio',
    run: (mode, server) => runSession(mode, server, overStdio(behindProxy(server.command))),
  },
  url: {
    client: 'stdio',
    server: 'http',
    async run(mode, server) {
      await using at = await served(server);
      return await runSession(mode, server, overStdio(proxy('--log', 'none', '--url', at.url)));
    },
  },
  'listen over a command': {
    client: 'http',
    server: 'stdio',
    async run(mode, server) {
      await using front = await listen('--', ...server.command);
      return await runSession(mode, server, overHttp(front.url));
    },
  },
  'listen over a URL': {
    client: 'http',
    server: 'http',
    async run(mode, server) {
      await using at = await served(server);
      await using front = await listen('--url', at.url);
      return await runSession(mode, server, overHttp(front.url));
    },
  },
} satisfies Record<string, Way>;
type WayName = keyof typeof ways;

/** How many sessions run at a time. */
const maxAtOnce = 3;

const sessions = new Map<string, Promise<Seen>>();
const waiting: (() => Promise<void>)[] = [];

/** Plans a session, which begins when there is room. */
function plan(name: string, run: Way['run'], mode: Mode, eras: Eras): void {
  const session = new Promise<Seen>((resolve, reject) => {
    waiting.push(async () => {
      await using server = new EraServer(eras);
      await run(mode, server).then(resolve, reject);
    });
  });
  // A session that fails makes only its own tests fail.
  session.catch(() => {});
  sessions.set(name, session);
}

const nameOf = (way: string, mode: Mode, eras: Eras): string => `${way}, ${mode}, ${eras}`;

beforeAll(() => {
  for (const eras of allEras) {
    for (const mode of modes) {
      for (const transport of ['stdio', 'http'] as const) {
        plan(nameOf(`direct ${transport}`, mode, eras), direct[transport], mode, eras);
      }
      for (const [name, { run }] of Object.entries(ways)) plan(nameOf(name, mode, eras), run, mode, eras);
    }
  }
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  for (let worker = 0; worker < maxAtOnce; worker++) void work();
});

const sessionOf = async (way: string, mode: Mode, eras: Eras): Promise<Seen> =>
  (await sessions.get(nameOf(way, mode, eras))) ?? {};

describe.each(allEras)('a server that speaks %s', (eras) => {
  describe.each(modes)('to a %s client', (mode) => {
    const canMeet = !(eras === 'legacy' && mode === 'pinned') && !(eras === 'modern' && mode === 'legacy');

    it('is reached directly, if they have an era in common', async () => {
      for (const transport of ['stdio', 'http']) {
        const seen = await sessionOf(`direct ${transport}`, mode, eras);
        expect(Object.keys(seen)).toEqual(canMeet ? steps : ['connect']);
      }
    });

    describe.each(Object.keys(ways) as WayName[])('by %s', (way) => {
      it.each(canMeet ? steps : ['connect'])('shows what it shows directly: %s', async (step) => {
        const { client, server } = ways[way];
        // Headers of arguments concern the server's side of the proxy, everything else the client's.
        const side = step === 'an argument that is also a header' ? server : client;
        const seen = await sessionOf(way, mode, eras);
        const expected = await sessionOf(`direct ${side}`, mode, eras);
        expect(seen[step]).toBe(expected[step]);
      });
    });
  });
});
