import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Revision,
  type Scores,
  type ServerName,
  scoreBy,
  type Way,
  worse,
} from '../scripts/conformance/suite.ts';
import { isInstalled } from './frameworks/installed.ts';

/** What is scored here. `npm run conformance` runs the rest, too: the second server has next to nothing of the newer revision. */
const rows: readonly (readonly [ServerName, Revision, readonly Way[]])[] = [
  ['conformance-server', '2026-07-28', ['over a command', 'over a URL']],
  ['conformance-server', '2025-11-25', ['over a command', 'over a URL']],
  ['server-everything', '2025-11-25', ['over a command']],
];

/** What a server does not have that a scenario needs: the extension for tasks, and all that the suite's own server has. */
const lacks: Readonly<Record<ServerName, (scenario: string) => boolean>> = {
  'conformance-server': (scenario) => scenario.startsWith('tasks-'),
  'server-everything': (scenario) =>
    !/^(?:server-initialize|ping|tools-list|.*-list|resources-(?:un)?subscribe)$/.test(scenario),
};

/** How many run at once: most of the time, the suite waits. */
const maxAtOnce = 4;

const scores = new Map<string, Promise<Scores>>();
const scoreOf = (way: Way, name: ServerName, revision: Revision): Promise<Scores> =>
  scores.get(`${way}, ${name}, ${revision}`) ?? Promise.reject(new Error('it is not scored'));

describe.skipIf(!isInstalled('conformance'))('the official conformance suite', () => {
  beforeAll(() => {
    const waiting: (() => Promise<unknown>)[] = [];
    for (const [name, revision, ways] of rows) {
      for (const way of ['direct', ...ways] as const) {
        const score = new Promise<Scores>((resolve, reject) => {
          waiting.push(() => scoreBy(way, name, revision).then(resolve, reject));
        });
        // A run that fails makes only its own tests fail.
        score.catch(() => {});
        scores.set(`${way}, ${name}, ${revision}`, score);
      }
    }
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
    };
    for (let worker = 0; worker < maxAtOnce; worker++) void work();
  });

  describe.each(rows)('against the %s, revision %s', (name, revision, ways) => {
    it('knows what the server passes directly', async () => {
      const direct = await scoreOf('direct', name, revision);
      const failing = [...direct].flatMap(([scenario, { failed }]) => (failed > 0 ? [scenario] : []));
      expect(direct.size).toBeGreaterThan(25);
      expect(failing.filter((scenario) => !lacks[name](scenario))).toEqual([]);
    });

    it.each(ways)('has no worse score through the proxy %s', async (way) => {
      let list = worse(await scoreOf('direct', name, revision), await scoreOf(way, name, revision));
      // The suite waits for some answers for so short a time that a busy machine is late: what is worse is worse each time.
      for (let more = 0; list.length > 0 && more < 3; more++) {
        const again = worse(await scoreBy('direct', name, revision), await scoreBy(way, name, revision));
        list = list.filter((scenario) => again.includes(scenario));
      }
      expect(list).toEqual([]);
    });
  });
});
