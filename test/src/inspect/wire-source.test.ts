import { describe, expect, it, vi } from 'vitest';
import { actorNews } from '../../../src/inspect/actor-news.ts';
import { eventNews } from '../../../src/inspect/event-record.ts';
import { Ledger } from '../../../src/inspect/ledger.ts';
import { MemoryBudget } from '../../../src/inspect/memory-budget.ts';
import { WireSource } from '../../../src/inspect/wire-source.ts';

function connect() {
  const ledger = new Ledger(100);
  const source = new WireSource('app1', ledger, { budget: new MemoryBudget(), onTooMuch: () => {} });
  const say = (message: unknown): void => source.receive(JSON.stringify(message));
  const actor = (sessionId: string) => {
    const known = ledger.actors.get(`app1/${sessionId}`);
    return known && actorNews(known, true);
  };
  return { ledger, source, say, actor };
}

const definition = JSON.stringify({
  id: 'light',
  initial: 'green',
  states: { green: { after: { 1000: 'red' } }, red: { after: { long: 'green' } } },
});
const introduce = {
  type: '@xstate.actor',
  name: 'light',
  sessionId: 'x:0',
  definition,
  snapshot: { value: 'green' },
};

describe('a remote app', () => {
  it('introduces its actors, with their charts and the timers in those', () => {
    const { say, actor, ledger } = connect();
    say(introduce);
    expect(actor('x:0')).toMatchObject({
      id: 'app1/x:0',
      name: 'light',
      parent: null,
      kind: 'machine',
      state: 'green',
      chart: 'c1',
      isControlled: false,
      timers: [{ event: 'xstate.after.1000.light.green', delayMs: 1_000 }],
    });
    expect(ledger.charts.all).toEqual([{ id: 'c1', definition }]);
  });

  it('reports its events and their effects', () => {
    const { say, actor, ledger } = connect();
    say(introduce);
    say({ type: '@xstate.event', sessionId: 'x:0', sourceId: 'x:9', event: { type: 'GO' } });
    say({ type: '@xstate.snapshot', sessionId: 'x:0', event: { type: 'GO' }, snapshot: { value: 'red' } });
    expect(actor('x:0')).toMatchObject({ state: 'red', timers: [] });
    const record = ledger.events.get(1);
    expect(record && eventNews(record)).toMatchObject({
      from: 'app1/x:9',
      to: 'app1/x:0',
      type: 'GO',
      before: 'green',
      after: 'red',
      taken: null,
    });
  });

  it('may mention an actor before introducing it', () => {
    const { say, actor } = connect();
    say({ type: '@xstate.event', sessionId: 'x:0', event: { type: 'GO' } });
    expect(actor('x:0')).toMatchObject({ name: 'x:0', kind: 'other', chart: null });
    say(introduce);
    expect(actor('x:0')).toMatchObject({ name: 'light', kind: 'machine', chart: 'c1' });
  });

  it('keeps a running timer while its state does not change', () => {
    const { say, ledger } = connect();
    say(introduce);
    const known = ledger.actors.get('app1/x:0');
    const timers = known?.timers;
    say({
      type: '@xstate.snapshot',
      sessionId: 'x:0',
      event: { type: 'TICK' },
      snapshot: { value: 'green' },
    });
    expect(known?.timers).toBe(timers);
  });

  it('keeps the timer of a state while parallel or nested states change', () => {
    vi.useFakeTimers();
    const { say, actor } = connect();
    const region = { initial: 'a', states: { a: { after: { 500: 'b' } }, b: { after: { 500: 'a' } } } };
    const states = { outer: { after: { 9000: 'inner' }, ...region }, inner: region };
    const app = { id: 'app', type: 'parallel', states };
    const value = (outer: string, inner: string) => ({ outer, inner });
    say({
      ...introduce,
      definition: JSON.stringify(app),
      snapshot: { value: value('a', 'a') },
    });
    const dueAt = () => actor('x:0')?.timers.map((timer) => [timer.delayMs, timer.dueAt - start]);
    const start = Date.now();
    expect(dueAt()?.sort()).toEqual([
      [500, 500],
      [500, 500],
      [9_000, 9_000],
    ]);
    vi.advanceTimersByTime(200);
    const event = { type: 'MOVE' };
    say({ type: '@xstate.snapshot', sessionId: 'x:0', event, snapshot: { value: value('b', 'a') } });
    expect(dueAt()?.sort()).toEqual([
      [500, 500],
      [500, 700],
      [9_000, 9_000],
    ]);
    vi.useRealTimers();
  });

  it('may have an actor that is not a machine', () => {
    const { say, actor } = connect();
    say({ type: '@xstate.actor', name: 'load', sessionId: 'x:1', definition: '{"id":"load"}', snapshot: {} });
    expect(actor('x:1')).toMatchObject({ kind: 'other', chart: null, state: '' });
  });

  it('has its actors removed when it disconnects', () => {
    const { say, source, ledger } = connect();
    say(introduce);
    source.close();
    expect(ledger.actors.size).toBe(0);
    expect(ledger.gone.map(({ id }) => id)).toEqual(['app1/x:0']);
  });

  it('may have more actors over time than at once', () => {
    const { say, ledger } = connect();
    for (let index = 0; index < 10_500; index++) {
      const sessionId = `x:${index}`;
      say({ type: '@xstate.actor', name: 'load', sessionId, definition: '{"id":"load"}', snapshot: {} });
      const snapshot = { status: 'done' };
      say({ type: '@xstate.snapshot', sessionId, event: { type: 'xstate.init' }, snapshot });
    }
    expect(ledger.actors.size).toBe(200);
  });

  it('may introduce an actor repeatedly, with the events in between', () => {
    const { say, ledger } = connect();
    const context = 'x'.repeat(7 * 2 ** 20);
    say({ ...introduce, snapshot: { value: 'green', context } });
    say({ type: '@xstate.event', sessionId: 'x:0', event: { type: 'GO' } });
    for (let index = 0; index < 12; index++) say({ ...introduce, snapshot: { value: 'green', context } });
    say({ type: '@xstate.snapshot', sessionId: 'x:0', event: { type: 'GO' }, snapshot: { value: 'red' } });
    const record = ledger.events.get(1);
    expect(record && eventNews(record)).toMatchObject({ before: 'green', after: 'red' });
  });

  it('may send messages that a later version of the protocol adds', () => {
    const { say } = connect();
    expect(() => say({ type: '@xstate.later' })).not.toThrow();
  });

  it.each([
    ['no json', 'the message must be JSON'],
    ['7', 'the message must be an object'],
    ['{}', 'type must be a string of at most 500 characters'],
    ['{"type":"@xstate.event","event":{"type":"A"}}', 'sessionId must be a string'],
    ['{"type":"@xstate.event","sessionId":"x","event":{}}', 'event.type must be a string'],
    ['{"type":"@xstate.snapshot","sessionId":"x","event":{"type":"A"}}', 'snapshot must be an object'],
    ['{"type":"@xstate.actor","sessionId":"x","name":"n","definition":"{"}', 'definition must be JSON'],
  ])('is told what is wrong with %s', (text, words) => {
    expect(() => connect().source.receive(text)).toThrow(words);
  });
});

describe('a remote circuit', () => {
  const circuit = (value: string, context: object) => ({
    value,
    context: { config: { failureThreshold: 1, resetTimeoutMs: 60_000 }, ...context },
  });
  const say = (connected: ReturnType<typeof connect>, type: string, snapshot: object): void => {
    connected.say({ type: '@xstate.event', sessionId: 'x:0', event: { type } });
    connected.say({ type: '@xstate.snapshot', sessionId: 'x:0', event: { type }, snapshot });
  };
  const start = () => {
    const connected = connect();
    connected.say({
      type: '@xstate.actor',
      name: 'shell',
      sessionId: 'x:0',
      definition: '{"id":"toolCircuit","states":{"closed":{},"open":{}}}',
      snapshot: circuit('closed', { lastFailureAt: null, currentBackoffMs: 0 }),
    });
    return connected;
  };

  it('restarts the countdown of its backoff, which the protocol only names, at each failure', () => {
    const connected = start();
    say(connected, 'FAILURE', circuit('open', { lastFailureAt: 1, currentBackoffMs: 5_000 }));
    const [first] = connected.actor('x:0')?.timers ?? [];
    expect(first).toMatchObject({ delayMs: 5_000 });
    say(
      connected,
      'REQUEST',
      circuit('open', { lastFailureAt: 1, currentBackoffMs: 5_000, deniedRequests: 1 }),
    );
    expect(connected.actor('x:0')?.timers[0]).toBe(first);
    say(connected, 'FAILURE', circuit('open', { lastFailureAt: 2, currentBackoffMs: 0 }));
    expect(connected.actor('x:0')?.timers[0]).toMatchObject({ delayMs: 60_000 });
    say(connected, 'SUCCESS', circuit('closed', { lastFailureAt: null, currentBackoffMs: 0 }));
    expect(connected.actor('x:0')).toMatchObject({ timers: [], tool: { outcomes: 'fdfs' } });
  });

  it('is forgotten when it is stopped', () => {
    const connected = start();
    say(connected, 'xstate.stop', { ...circuit('closed', {}), status: 'stopped' });
    expect(connected.actor('x:0')).toBeUndefined();
  });
});
