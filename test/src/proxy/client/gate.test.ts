import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../../../src/proxy/client/gate.ts';

const { signal } = new AbortController();

/** A gate for ten bytes, and the messages that were let in so far. */
function gate() {
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  const made = new Gate(10);
  const enter = (name: string, bytes: number): void => {
    void made.enter(bytes, signal).then((done) => {
      inside.push(name);
      leave.set(name, done);
    });
  };
  return { gate: made, enter, inside, leave: (name: string) => leave.get(name)?.() };
}

describe('a gate', () => {
  it('lets messages in while it is open, and those that waited in order of arrival', async () => {
    const { gate: it, enter, inside } = gate();
    enter('a', 1);
    await turn();
    it.close();
    enter('b', 1);
    enter('c', 1);
    await turn();
    expect([inside, it.isFree]).toEqual([['a'], false]);
    it.open();
    await turn();
    expect(inside).toEqual(['a', 'b', 'c']);
  });

  it('lets in as many as fit, at least one, and never one before an earlier one', async () => {
    const { gate: it, enter, inside, leave } = gate();
    enter('large', 20);
    enter('medium', 6);
    enter('also medium', 6);
    enter('small', 1);
    await turn();
    expect(inside).toEqual(['large']);
    leave('large');
    await turn();
    expect(inside).toEqual(['large', 'medium']);
    leave('medium');
    await turn();
    expect(inside).toEqual(['large', 'medium', 'also medium', 'small']);
    leave('also medium');
    expect(it.isFree).toBe(false);
    leave('small');
    expect(it.isFree).toBe(true);
  });

  it('forgets a message that no longer waits', async () => {
    const { gate: it, enter, inside } = gate();
    it.close();
    const giving = new AbortController();
    const given = it.enter(20, giving.signal);
    enter('next', 1);
    giving.abort(new Error('it takes too long'));
    await expect(given).rejects.toThrow('it takes too long');
    it.open();
    await turn();
    expect(inside).toEqual(['next']);
  });
});
