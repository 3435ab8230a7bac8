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

describe('the connected pages', () => {
  it('are updated at most ten times a second, however often they are reopened', () => {
    const ledger = new Ledger(100);
    const pages = new Pages(ledger, { controls: false, history: 100 });
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
});
