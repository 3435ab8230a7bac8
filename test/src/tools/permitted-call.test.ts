import { getEventListeners } from 'node:events';
import { createToolRegistry, type Permit } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { permittedCall } from '../../../src/tools/permitted-call.ts';

const setUp = () => {
  const registry = createToolRegistry();
  const permit = registry.tryAcquire('search') as Permit;
  return { registry, permit };
};

const failureOf = () => null;

describe('a call under a permit', () => {
  it('leaves no listener on its signal where the function throws at once', async () => {
    const { registry, permit } = setUp();
    const { signal } = new AbortController();
    const lost = new Error('lost');
    const call = (): never => {
      throw lost;
    };
    await expect(permittedCall(permit, call, { signal, failureOf })).rejects.toBe(lost);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(registry.diagnostics('search').failures).toEqual({ executionError: 1 });
  });
});
