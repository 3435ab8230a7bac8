import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';

describe('the tools that a registry knows', () => {
  it('are those of its settings and their upstreams, whether or not they were used', () => {
    const registry = createToolRegistry({ tools: { search: { upstream: 'github' }, shell: {} } });
    registry.recordFailure('made-up');
    expect([...registry.knownTools()].sort()).toEqual(['github', 'search', 'shell']);
    expect(registry.diagnostics('github').kind).toBe('upstream');
    expect(registry.diagnostics('search').kind).toBe('tool');
  });

  it('grow by those that are declared, which starts nothing', () => {
    const registry = createToolRegistry();
    const known = registry.knownTools();
    registry.declareTools(['read', 'write']);
    registry.declareTools(new Set(['write', 'grep']));
    expect([...known]).toEqual(['read', 'write', 'grep']);
    expect(registry.circuits()).toEqual([]);
  });

  it('have names that are texts: whatever else a list holds is left out', () => {
    const registry = createToolRegistry();
    registry.declareTools(['read', 5, null, 'write'] as never);
    expect([...registry.knownTools()]).toEqual(['read', 'write']);
  });

  it('are never more than maxTools', () => {
    const registry = createToolRegistry({ maxTools: 3, tools: { shell: {} } });
    registry.declareTools(Array.from({ length: 10 }, (_, index) => `tool-${index}`));
    expect([...registry.knownTools()]).toEqual(['shell', 'tool-0', 'tool-1']);
  });

  it.each(['read', undefined, 5])('are not declared by %j, which is no list', (names) => {
    const registry = createToolRegistry();
    expect(() => registry.declareTools(names as never)).toThrow('names must be a list of tool names, got');
  });

  it('share a clock with whoever reads their instants', () => {
    const registry = createToolRegistry();
    registry.isolate('shell');
    const { openedAt } = registry.diagnostics('shell');
    expect(registry.clock.now()).toBeGreaterThanOrEqual(openedAt ?? Infinity);
    expect(Math.abs(registry.clock.wallNow() - Date.now())).toBeLessThan(60_000);
  });
});
