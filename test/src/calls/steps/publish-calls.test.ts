import { describe, expect, it } from 'vitest';
import type { ToolRegistryRef } from '../../../../machines/tool-registry.ts';
import type { CallEnd, PassingCall } from '../../../../src/calls/steps/call-step.ts';
import { publishCalls } from '../../../../src/calls/steps/publish-calls.ts';
import { Channels } from '../../../../src/telemetry/channels.ts';

function setUp() {
  const published: unknown[] = [];
  const channel = { hasSubscribers: true, publish: (message: unknown) => published.push(message) };
  const registry = { id: 'registry' } as ToolRegistryRef;
  const step = publishCalls(new Channels(() => channel), registry);
  const end = (more: Partial<CallEnd>) => {
    const ended = { category: null, durationMs: 5, late: false, probe: false, forgotten: false, ...more };
    step.ended?.({ tool: 'search', key: 'a' } as PassingCall, { outcome: 'success', ...ended } as CallEnd);
    return published.splice(0);
  };
  return { step, channel, registry, end };
}

describe('an ended call', () => {
  it('is published with its registry, tool, key, category and duration', () => {
    const { end, registry } = setUp();
    const common = { registry, tool: 'search', key: 'a', durationMs: 5, late: false, probe: false };
    expect(end({})).toEqual([{ ...common, category: null }]);
    expect(end({ outcome: 'failure', category: 'timeout', late: true, probe: true })).toEqual([
      { ...common, category: 'timeout', late: true, probe: true },
    ]);
  });

  it('says that it was answered only where it was', () => {
    const { end } = setUp();
    expect(end({ outcome: 'answered', category: 'executionError' })).toEqual([
      expect.objectContaining({ answered: true }),
    ]);
    expect(Object.keys(end({})[0] as object)).not.toContain('answered');
  });

  it('is not published where it was abandoned, or where its circuit is forgotten', () => {
    const { end } = setUp();
    expect([...end({ outcome: 'abandoned' }), ...end({ forgotten: true })]).toEqual([]);
  });

  it('is followed only while somebody subscribes', () => {
    const { step, channel } = setUp();
    expect(step.isActive?.()).toBe(true);
    channel.hasSubscribers = false;
    expect(step.isActive?.()).toBe(false);
  });
});
