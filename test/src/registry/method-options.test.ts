import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';

const wrong = (value: unknown): never => value as never;

/** What each method says to a wrong option. */
const refused: [string, (registry: ToolRegistry) => unknown, string][] = [
  ['allowRequest', (r) => r.allowRequest('a', wrong({ kye: 1 })), 'kye is not an option; the options are'],
  [
    'recordSuccess',
    (r) => r.recordSuccess('a', wrong({ kye: 1 })),
    'kye is not an option; the options are input, key',
  ],
  ['recordFailure', (r) => r.recordFailure('a', 'timeout', wrong({ kye: 1 })), 'kye is not an option'],
  ['recordFailure of a key', (r) => r.recordFailure('a', 'timeout', { key: wrong({}) }), 'key must be'],
  ['tryAcquire', (r) => r.tryAcquire('a', { key: wrong(true) }), 'key must be'],
  [
    'disable',
    (r) => r.disable('a', wrong({ flet: true })),
    'flet is not an option; the options are fleet, key',
  ],
  [
    'disable in a fleet',
    (r) => r.disable('a', { fleet: wrong('yes') }),
    'fleet must be true or false, got "yes"',
  ],
  ['isolate in a fleet', (r) => r.isolate('a', { fleet: wrong(1) }), 'fleet must be true or false, got 1'],
  ['isolate without a name', (r) => r.isolate('a', { by: wrong(5) }), 'by must be a non-empty string, got 5'],
  ['forceClose of a key', (r) => r.forceClose('a', { key: wrong({}) }), 'key must be'],
  ['run', (r) => r.run(wrong(5)), 'id must be the name of a run, got 5'],
  ['run without a name', (r) => r.run(''), 'id must be the name of a run, got ""'],
  [
    'shouldPauseForRecovery',
    (r) => r.shouldPauseForRecovery(-1),
    'maxOpenCircuits must be a number, 0 or more, got -1',
  ],
  ['availableTools', (r) => r.availableTools(wrong(null)), 'names must be a list of tool names, got null'],
];

describe('a method of a registry', () => {
  it.each(refused)('refuses a wrong option by its name, and does nothing: %s', (_, use, message) => {
    const registry = createToolRegistry();
    expect(() => use(registry)).toThrow(message);
    expect(registry.snapshot().diagnostics).toEqual([]);
    expect(registry.runs()).toEqual([]);
  });

  it('takes options that are undefined for none', () => {
    const registry = createToolRegistry();
    registry.isolate('a', { forMs: undefined, by: undefined, fleet: undefined, key: undefined });
    expect(registry.diagnostics('a')).toMatchObject({
      status: 'isolated',
      isolatedUntil: null,
      isolatedBy: null,
    });
    registry.release('a', { fleet: undefined });
    registry.recordFailure('a', undefined, { input: undefined });
    expect(registry.diagnostics('a')).toMatchObject({ status: 'closed', failures: { executionError: 1 } });
    expect(registry.recovery().recentErrors).toMatchObject([{ category: 'executionError', message: null }]);
  });

  it('takes a failure of which nothing is said for an executionError, and asks no classifier about it', () => {
    const registry = createToolRegistry({ classify: () => 'timeout' });
    registry.recordFailure('a');
    registry.recordFailure('a', 'some words');
    expect(registry.diagnostics('a').failures).toEqual({ executionError: 1, timeout: 1 });
  });

  it('does nothing to one process where an order is for a fleet that was not joined', () => {
    const registry = createToolRegistry();
    for (const order of ['isolate', 'disable', 'forceClose'] as const) {
      expect(() => registry[order]('a', { fleet: true }), order).toThrow(
        'there is no fleet: call joinFleet(registry, …) first',
      );
    }
    expect(registry.snapshot().diagnostics).toEqual([]);
  });
});
