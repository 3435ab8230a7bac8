import { createToolRegistry } from 'toolfuse';
import { expect, it } from 'vitest';

it('what waits for one circuit is no event of another', () => {
  const registry = createToolRegistry({ circuit: { failureThreshold: 5 } });
  const [search, fetch] = [registry.tool('search'), registry.tool('fetch')];
  const seen: number[] = [];
  search.subscribe(() => {
    if (seen.length > 0) return;
    // It waits until this one is over; that of the other circuit does not.
    search.send({ type: 'FAILURE' });
    fetch.send({ type: 'FAILURE' });
    seen.push(registry.diagnostics('search').failureCount, registry.diagnostics('fetch').failureCount);
  });
  registry.recordFailure('search', 'network');
  expect(seen).toEqual([2, 1]);
});
