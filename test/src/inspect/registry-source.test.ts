import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { actorNews } from '../../../src/inspect/actor-news.ts';
import { eventDetails, eventNews } from '../../../src/inspect/event-record.ts';
import { Ledger } from '../../../src/inspect/ledger.ts';
import { RegistrySource } from '../../../src/inspect/registry-source.ts';
import type { Sanitize } from '../../../src/inspect/sanitize.ts';

function follow(options: ToolRegistryOptions = {}, sanitize?: Sanitize, history = 100) {
  const registry = createToolRegistry({ circuit: { failureThreshold: 2, minBackoffMs: 30_000 }, ...options });
  const ledger = new Ledger(history);
  const source = new RegistrySource('r1', registry, ledger, { sanitize });
  const attach = () => {
    const detach = source.attach();
    onTestFinished(() => {
      detach();
      registry.stop();
    });
    return detach;
  };
  const actor = (name: string) => {
    const known = [...ledger.actors.values()].find((each) => each.name === name);
    if (known) source.refresh([known]);
    return known && actorNews(known, true);
  };
  const events = () => {
    const all = [];
    for (let seq = ledger.events.first; seq < ledger.events.next; seq += 1) {
      const record = ledger.events.get(seq);
      if (record) all.push(record);
    }
    return all;
  };
  return { registry, ledger, attach, actor, events };
}

describe('a registry as a source', () => {
  it('is known with all of its circuits, even if it existed before', () => {
    const { registry, attach, actor, ledger } = follow();
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'network');
    attach();
    expect(actor('toolfuse')).toMatchObject({
      kind: 'registry',
      state: 'operational',
      parent: null,
      pause: { reason: null, openCount: 1, maxOpen: 3 },
    });
    expect(actor('shell')).toMatchObject({
      kind: 'circuit',
      state: 'open',
      parent: actor('toolfuse')?.id,
      timers: [{ event: 'xstate.after.backoff.toolCircuit.open', delayMs: expect.closeTo(30_000, -3) }],
      tool: {
        failures: 2,
        threshold: 2,
        opens: 1,
        denials: 0,
        lastError: 'network',
        outcomes: '',
        tool: 'shell',
        key: null,
      },
    });
    expect(ledger.charts.all).toHaveLength(2);
  });

  it('shows the runs of agents, with their chart and what they repeat', async () => {
    const { registry, attach, actor } = follow({ loops: true });
    registry.run('before');
    attach();
    for (let i = 0; i < 4; i++) await registry.execute('search', () => 'found', { input: 1, run: 'after' });
    expect(actor('run before')).toMatchObject({
      kind: 'run',
      state: 'steady',
      parent: actor('toolfuse')?.id,
    });
    expect(actor('run after')).toMatchObject({
      kind: 'run',
      state: 'repeating',
      chart: expect.any(String),
      run: {
        run: 'after',
        loop: { kind: 'sameCall', tool: 'search', count: 4, endings: [] },
        warned: 2,
        stopAfter: 10,
      },
    });
    registry.run('after').end();
    expect(actor('run after')).toMatchObject({ state: 'ended', status: 'done' });
  });

  it('is watched without being used, so that tools are forgotten in the same order', () => {
    const { registry, attach } = follow({ maxTools: 2 });
    registry.recordSuccess('old');
    registry.recordSuccess('new');
    attach();
    registry.recordSuccess('newest');
    expect(registry.circuits().map(({ id }) => id)).toEqual(['new', 'newest']);
  });

  it('reports each ended call as an outcome, including those without an event', () => {
    const { registry, attach, actor } = follow();
    attach();
    registry.recordSuccess('shell');
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'invalidParameters');
    registry.tool('shell').send({ type: 'SUCCESS' });
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    expect(actor('shell')?.tool?.outcomes).toBe('sfisffd');
  });

  it('does not report outcomes of another registry’s tools', () => {
    const [ours, theirs] = [follow(), createToolRegistry()];
    ours.attach();
    ours.registry.tool('shell');
    theirs.recordSuccess('shell');
    expect(ours.actor('shell')?.tool?.outcomes).toBe('');
    theirs.stop();
  });

  it('reports each event with its sender, the states before and after it, and the transition taken', () => {
    const { registry, attach, actor, events } = follow();
    attach();
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'timeout');
    const [shell, parent] = [actor('shell')?.id, actor('toolfuse')?.id];
    expect(events().map(eventNews)).toMatchObject([
      { from: parent, to: shell, type: 'xstate.init', after: 'closed' },
      { from: shell, to: parent, type: 'CIRCUIT_BEGAN', before: 'operational', after: 'operational' },
      {
        from: null,
        to: shell,
        type: 'FAILURE',
        category: 'timeout',
        before: 'closed',
        after: 'closed',
        taken: [{ source: 'closed', event: 'FAILURE', index: 4 }],
      },
      { from: null, to: shell, after: 'open', taken: [{ source: 'closed', event: 'FAILURE', index: 3 }] },
      {
        from: shell,
        to: parent,
        type: 'CIRCUIT_CHANGED',
        taken: [{ source: '', event: 'CIRCUIT_CHANGED', index: 0 }],
      },
    ]);
  });

  it('keeps the snapshots before and after an event unchanged', () => {
    const { registry, attach, events } = follow();
    attach();
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'timeout');
    registry.recordSuccess('shell');
    const failure = events().filter(({ event }) => event.type === 'FAILURE')[1];
    expect(failure && eventDetails(failure)).toMatchObject({
      event: { type: 'FAILURE', category: 'timeout' },
      snapshotBefore: { value: 'closed', context: { failureCount: 1 } },
      snapshotAfter: { value: 'open', context: { failureCount: 2, now: '[function now]' } },
    });
  });

  it('forgets a circuit that is reset, and shows the final state of the registry', () => {
    const { registry, attach, actor } = follow();
    attach();
    registry.tool('shell');
    registry.reset('shell');
    expect(actor('shell')).toBeUndefined();
    registry.tool('search');
    registry.stop();
    expect(actor('search')).toBeUndefined();
    expect(actor('toolfuse')).toMatchObject({ state: 'stopped', status: 'done' });
  });

  it('can be removed: nothing is kept, and nothing is followed', () => {
    const { registry, attach, ledger } = follow();
    registry.tool('shell');
    const detach = attach();
    detach();
    expect(ledger.actors.size).toBe(0);
    const { version } = ledger;
    registry.recordFailure('shell', 'timeout');
    expect(ledger.version).toBe(version);
  });

  it('keeps running, whatever goes wrong in the inspector', () => {
    const { registry, attach, ledger } = follow();
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    attach();
    ledger.addEvent = () => {
      throw new Error('a fault of ours');
    };
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'timeout');
    expect(registry.state('shell')).toBe('open');
    expect(printed).toHaveBeenCalled();
    printed.mockRestore();
  });
});

describe('sanitize', () => {
  it('is called for events, contexts and definitions, and its results are shown', () => {
    const asked = new Set<string>();
    const { registry, attach, events, ledger } = follow({}, (_value, { kind, actor }) => {
      asked.add(`${kind} of ${actor}`);
      if (kind === 'definition') return { id: 'hidden' };
      return kind === 'event' ? { type: 'hidden' } : undefined;
    });
    attach();
    registry.recordFailure('shell', 'timeout');
    const details = events().map(eventDetails);
    expect([...asked].sort()).toEqual([
      'context of shell',
      'context of toolfuse',
      'definition of shell',
      'definition of toolfuse',
      'event of shell',
      'event of toolfuse',
    ]);
    expect(details.at(-1)?.event).toEqual({ type: 'hidden' });
    expect(JSON.stringify(details)).not.toContain('failureCount');
    expect(ledger.charts.all).toEqual([{ id: 'c1', definition: '{"id":"hidden"}' }]);
  });

  it('shows nothing if it throws', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry, attach, events, ledger } = follow({}, () => {
      throw new Error('no');
    });
    attach();
    registry.recordFailure('shell', 'timeout');
    const details = events().map(eventDetails).at(-1);
    expect(details?.event).toBe('[hidden: sanitize threw]');
    expect(details?.snapshotAfter).toMatchObject({ context: '[hidden: sanitize threw]' });
    expect(ledger.charts.all).toEqual([{ id: 'c1', definition: '{}' }]);
    printed.mockRestore();
  });
});
