import { createToolRegistry } from 'toolfuse';
import { expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

it('a denial of what a fleet holds open says whether anybody tests the tool', () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock });
  const search = registry.tool('search');
  const isProbing = (): boolean => {
    const asked = registry.tryAcquire('search');
    return !asked.admitted && asked.probing;
  };
  search.send({ type: 'FLEET_OPENED', epoch: 1, leftMs: 1_000, answerMs: 500, category: 'network' });
  expect(isProbing()).toBe(false);
  clock.advance(1_000);
  search.send({ type: 'LEASE_ASKED' });
  expect(isProbing()).toBe(true);
  search.send({ type: 'LEASE_REFUSED', leftMs: 1_000 });
  expect(isProbing()).toBe(true);
});
