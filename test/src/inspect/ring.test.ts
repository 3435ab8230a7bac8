import { describe, expect, it } from 'vitest';
import { Ring } from '../../../src/inspect/ring.ts';

const item = (ring: Ring<{ seq: number; bytes: number }>, bytes = 0) => ({ seq: ring.next, bytes });

describe('a ring', () => {
  it('keeps the last items, and finds them by number', () => {
    const ring = new Ring<{ seq: number; bytes: number }>(3, Infinity);
    for (let count = 0; count < 5; count += 1) ring.push(item(ring));
    expect([ring.first, ring.next]).toEqual([3, 6]);
    expect([2, 3, 4, 5, 6].map((seq) => ring.get(seq)?.seq)).toEqual([undefined, 3, 4, 5, undefined]);
  });

  it('keeps no more than its limit of bytes', () => {
    const ring = new Ring<{ seq: number; bytes: number }>(100, 10);
    for (let count = 0; count < 5; count += 1) ring.push(item(ring, 4));
    expect([ring.first, ring.next]).toEqual([4, 6]);
  });

  it('drops older items when a kept one has grown, and that one too if necessary', () => {
    const ring = new Ring<{ seq: number; bytes: number }>(100, 10);
    const items = [4, 1, 1].map((bytes) => {
      const next = item(ring, bytes);
      ring.push(next);
      return next;
    });
    ring.grow(items[1] as { seq: number; bytes: number }, 6);
    expect(ring.first).toBe(2);
    ring.grow(items[2] as { seq: number; bytes: number }, 20);
    expect(ring.first).toBe(ring.next);
  });

  it('counts nothing for an item that it has dropped', () => {
    const ring = new Ring<{ seq: number; bytes: number }>(1, 10);
    const old = item(ring, 1);
    ring.push(old);
    ring.push(item(ring, 1));
    ring.grow(old, 100);
    expect(ring.get(2)).toBeDefined();
  });
});
