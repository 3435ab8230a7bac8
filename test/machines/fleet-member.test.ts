import { fleetMemberMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine, sendTo } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';

/** A membership below a parent that writes down its news, and each time that the store is to be asked. */
function join({ chance = 0 } = {}) {
  const clock = new ManualClock();
  const news: unknown[] = [];
  const asked: number[] = [];
  const parent = createActor(
    createMachine({
      invoke: {
        id: 'member',
        src: fleetMemberMachine,
        input: { namespace: 'shop', member: 'm1', pollMs: 500, chance: () => chance },
      },
      on: {
        FLEET_NEWS: { actions: ({ event }) => news.push(event.news) },
        STORE: { actions: sendTo('member', ({ event }) => event.says) },
      },
    }),
    { clock },
  ).start();
  const member = parent.getSnapshot().children.member as ReturnType<
    typeof createActor<typeof fleetMemberMachine>
  >;
  member.on('storeIsDue', () => asked.push(clock.now()));
  const state = () => member.getSnapshot().value;
  const answer = () => member.send({ type: 'STORE_ANSWERED' });
  const miss = (times = 1, reason = 'no answer') => {
    for (let i = 0; i < times; i++) member.send({ type: 'STORE_MISSED', reason });
  };
  return { clock, news, asked, member, state, answer, miss };
}

const who = { namespace: 'shop', member: 'm1' };

describe('a membership', () => {
  it('asks the store at each poll until it answers, and from then on', () => {
    const { clock, asked, answer, state, news } = join();
    clock.advance(1_000);
    expect(state()).toBe('joining');
    answer();
    expect(state()).toBe('connected');
    expect(news).toEqual([{ type: 'fleet.connected', ...who }]);
    answer();
    expect(news).toHaveLength(1);
    const before = asked.length;
    clock.advance(1_000);
    expect(asked.length - before).toBe(2);
    expect((asked.at(-1) ?? 0) - (asked.at(-2) ?? 0)).toBe(500);
  });

  it.each(['joining', 'connected'] as const)('that is %s is degraded by the third miss in a row', (from) => {
    const { answer, miss, member, news, state } = join();
    if (from === 'connected') answer();
    miss(2);
    if (from === 'connected') {
      answer();
      miss(2);
    }
    expect(state()).toBe(from);
    miss(1, 'ECONNREFUSED');
    expect(state()).toBe('degraded');
    expect(member.getSnapshot().context).toMatchObject({
      misses: 3,
      lastMiss: 'ECONNREFUSED',
      degradations: 1,
    });
    expect(news.at(-1)).toEqual({ type: 'fleet.degraded', ...who, reason: 'ECONNREFUSED' });
    answer();
    expect(state()).toBe('connected');
    expect(news.at(-1)).toEqual({ type: 'fleet.connected', ...who });
    expect(member.getSnapshot().context).toMatchObject({ misses: 0, lastMiss: 'ECONNREFUSED' });
  });

  it('that is degraded waits longer each time before it asks again, up to 30 s, half of it at random', () => {
    for (const [chance, part] of [
      [0, 0.5],
      [0.5, 0.75],
    ] as const) {
      const { clock, asked, miss } = join({ chance });
      miss(3);
      asked.length = 0;
      const start = clock.now();
      for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
        const before = asked.length;
        clock.advance(waitMs * part - 1);
        expect(asked).toHaveLength(before);
        clock.advance(1);
        expect(asked).toHaveLength(before + 1);
        miss();
      }
      expect(asked[0]).toBe(start + 1_000 * part);
    }
  });

  it('that becomes degraded anew begins with the shortest wait', () => {
    const { clock, asked, answer, miss, member } = join();
    miss(3);
    clock.advance(500 + 1_000 + 2_000);
    answer();
    miss(3);
    asked.length = 0;
    clock.advance(499);
    expect(asked).toEqual([]);
    clock.advance(1);
    expect(asked).toHaveLength(1);
    expect(member.getSnapshot().context.degradations).toBe(2);
  });

  it('says that it leaves, asks no more, and stays away', () => {
    const { clock, asked, answer, member, news, state } = join();
    answer();
    member.send({ type: 'LEAVE' });
    expect(news.at(-1)).toEqual({ type: 'fleet.left', ...who });
    asked.length = 0;
    clock.advance(100_000);
    answer();
    expect([state(), asked, clock.timers]).toEqual(['left', [], 0]);
  });

  it('leaves in silence when its registry has stopped', () => {
    const { answer, member, news, state } = join();
    answer();
    member.send({ type: 'REGISTRY_STOPPED' });
    expect([state(), news]).toEqual(['left', [{ type: 'fleet.connected', ...who }]]);
  });

  it('runs without a parent, and then sends no event, not even to itself', () => {
    const sent: string[] = [];
    const actor = createActor(fleetMemberMachine, {
      clock: new ManualClock(),
      input: { ...who, pollMs: 500, chance: () => 0 },
      inspect: (event) => {
        if (event.type === '@xstate.event') sent.push(event.event.type);
      },
    }).start();
    actor.send({ type: 'STORE_ANSWERED' });
    expect(actor.getSnapshot().value).toBe('connected');
    expect(sent).toEqual(['xstate.init', 'STORE_ANSWERED']);
  });
});
