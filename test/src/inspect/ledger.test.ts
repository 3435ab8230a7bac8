import { describe, expect, it } from 'vitest';
import { KnownActor } from '../../../src/inspect/known-actor.ts';
import { Ledger } from '../../../src/inspect/ledger.ts';
import { MemoryBudget } from '../../../src/inspect/memory-budget.ts';
import { WireSource } from '../../../src/inspect/wire-source.ts';

function setUp() {
  const ledger = new Ledger(50);
  const source = new WireSource('app1', ledger, { budget: new MemoryBudget(), onTooMuch: () => {} });
  const add = (name: string): KnownActor => {
    const actor = new KnownActor({
      id: `app1/${name}`,
      name,
      parent: null,
      kind: 'other',
      chart: null,
      source,
    });
    ledger.add(actor);
    return actor;
  };
  return { ledger, add };
}

describe('the ledger', () => {
  it('shows the last ended actors, and forgets older ones', () => {
    const { ledger, add } = setUp();
    for (let actor = 0; actor < 250; actor += 1) {
      ledger.addSnapshot(add(`promise.${actor}`), { type: 'done' }, { status: 'done' });
    }
    expect(ledger.actors.size).toBe(200);
    expect(ledger.actors.has('app1/promise.49')).toBe(false);
    expect(ledger.actors.has('app1/promise.50')).toBe(true);
  });

  it('says from which version on it knows the removed actors', () => {
    const { ledger, add } = setUp();
    for (let actor = 0; actor < 20_001; actor += 1) ledger.remove(add(String(actor)));
    expect(ledger.gone.length).toBe(10_001);
    expect(ledger.goneSince).toBe((ledger.gone[0]?.version ?? 0) - 2);
  });

  it('matches snapshots to their events, in the order in which those were sent', () => {
    const { ledger, add } = setUp();
    const actor = add('a');
    for (const type of ['A', 'B', 'A']) ledger.addEvent(actor, null, { type });
    for (const [type, value] of [
      ['A', 'one'],
      ['B', 'two'],
      ['A', 'three'],
    ] as const) {
      ledger.addSnapshot(actor, { type }, { value });
    }
    expect([1, 2, 3].map((seq) => ledger.events.get(seq)?.after?.value)).toEqual(['one', 'two', 'three']);
    expect([1, 2, 3].map((seq) => ledger.events.get(seq)?.before?.value)).toEqual([undefined, 'one', 'two']);
  });

  it('does not wait forever for the snapshots of an actor that sends none', () => {
    const { ledger, add } = setUp();
    const actor = add('a');
    for (let event = 0; event < 1_000; event += 1) ledger.addEvent(actor, null, { type: 'A' });
    expect(actor.pending.length).toBeLessThan(100);
  });
});
