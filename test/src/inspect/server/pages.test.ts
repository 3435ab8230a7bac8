import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { KnownActor } from '../../../../src/inspect/known-actor.ts';
import { Ledger } from '../../../../src/inspect/ledger.ts';
import { MemoryBudget } from '../../../../src/inspect/memory-budget.ts';
import { Pages } from '../../../../src/inspect/server/pages.ts';
import { WireSource } from '../../../../src/inspect/wire-source.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly sent: { type: string }[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  terminate(): void {
    this.emit('close');
  }
}

const connect = (pages: Pages): FakeSocket => {
  const socket = new FakeSocket();
  pages.add(socket as unknown as WebSocket);
  return socket;
};

function start(history: number) {
  const ledger = new Ledger(history);
  const pages = new Pages(ledger, { controls: false, history });
  const source = new WireSource('app1', ledger, { budget: new MemoryBudget(), onTooMuch: () => {} });
  const actor = new KnownActor({
    id: 'app1/x:0',
    name: 'shell',
    parent: null,
    kind: 'other',
    chart: null,
    source,
  });
  ledger.add(actor);
  return { ledger, pages, actor };
}

describe('the connected pages', () => {
  it('are updated at most ten times a second, however often they are reopened', () => {
    const { ledger, pages, actor } = start(100);
    const workFor = (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5) {
        ledger.touch(actor);
        vi.advanceTimersByTime(5);
      }
    };
    const page = connect(pages);
    for (let reload = 0; reload < 10; reload++) {
      workFor(35);
      connect(pages).terminate();
    }
    page.sent.length = 0;
    workFor(1_000);
    expect(page.sent.filter(({ type }) => type === 'actors').length).toBeLessThanOrEqual(10);
    pages.close();
  });

  it('are updated at once after half of the events that are kept, so that bursts are not missed', () => {
    const { ledger, pages, actor } = start(2_000);
    const page = connect(pages);
    for (let burst = 0; burst < 5; burst++) {
      for (let count = 0; count < 1_500; count++) {
        const event = { type: 'WENT_ON' };
        ledger.addEvent(actor, null, event);
        ledger.addSnapshot(actor, event, { status: 'active', value: 'on' });
      }
      vi.advanceTimersByTime(5);
    }
    const told = page.sent.filter(({ type }) => type === 'events') as { type: string; events: unknown[] }[];
    expect(told.reduce((sum, { events }) => sum + events.length, 0)).toBe(5 * 1_500);
    pages.close();
  });
});
