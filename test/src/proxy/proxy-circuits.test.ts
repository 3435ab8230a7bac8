import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readOptions } from '../../../src/proxy/options/read.ts';
import { UsageError } from '../../../src/proxy/options/usage-error.ts';
import { makeCircuits } from '../../../src/proxy/proxy-circuits.ts';
import type { ServerCircuits } from '../../../src/proxy/session/server-circuits.ts';

const made: ServerCircuits[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const circuits of made.splice(0)) circuits.stop();
});

function circuits(...flags: readonly string[]): ServerCircuits {
  const one = makeCircuits(readOptions([...flags, '--', 'server'], {}), 'server', undefined);
  made.push(one);
  return one;
}

/** The state of a tool once these calls were made: `+` has succeeded, `-` has failed, and `s` was slow. */
function stateBy(calls: string, tool: string, ...flags: readonly string[]): string {
  const { registry } = circuits(...flags);
  for (const call of calls) {
    const asked = registry.tryAcquire(tool);
    if (!asked.admitted) break;
    vi.advanceTimersByTime(call === 's' ? 900 : 1);
    if (call === '-') asked.failure(Object.assign(new Error('no'), { code: 'ECONNRESET' }));
    else asked.success();
  }
  return registry.state(tool);
}

describe('a window', () => {
  it.each<[string, string, string[]]>([
    ['-+-+-+', 'closed', []],
    ['-+-+', 'open', ['--count-window', '4']],
    ['-++-++', 'closed', ['--count-window', '6']],
    ['-++-++', 'open', ['--count-window', '6', '--failure-rate', '0.3']],
    ['-+', 'open', ['--count-window', '6', '--min-calls', '2']],
    ['-+-+-+-+-+', 'open', ['--time-window', '60000']],
    ['-+-+', 'open', ['--time-window', '60000', '--min-calls', '4']],
    ['-+-+', 'open', ['--failure-rate', '0.5', '--min-calls', '4']],
    ['ssss', 'closed', ['--count-window', '4']],
    ['ssss', 'open', ['--count-window', '4', '--slow-call', '500']],
    ['s+s+', 'closed', ['--count-window', '4', '--slow-call', '500']],
    ['s+s+', 'open', ['--count-window', '4', '--slow-call', '500', '--slow-call-rate', '0.5']],
    ['ssssssssss', 'open', ['--slow-call', '500']],
  ])('after %s leaves a circuit %s with %j', (calls, state, flags) => {
    expect(stateBy(calls, 'search', ...flags)).toBe(state);
  });

  it('can be that of one tool', () => {
    const own = ['--tool', 'search:count-window=2'];
    expect([stateBy('-+', 'search', ...own), stateBy('-+', 'other', ...own)]).toEqual(['open', 'closed']);
  });

  it('of one tool keeps the limits of all, and the kind of window as long as it names none', () => {
    const all = ['--count-window', '4', '--failure-rate', '0.25'];
    expect(stateBy('-+++', 'search', ...all, '--tool', 'search:slow-call=500')).toBe('open');
    expect(stateBy('-+++', 'search', ...all, '--tool', 'search:failure-rate=0.5')).toBe('closed');
    expect(
      stateBy('-++', 'search', ...all, '--tool', 'search:time-window=1000', '--tool', 'search:min-calls=3'),
    ).toBe('open');
  });

  it('is not that of the server, whose circuit counts the failures in a row', () => {
    const { registry, server } = circuits('--count-window', '50');
    registry.recordFailure(server, Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
    expect(registry.state(server)).toBe('open');
  });

  it.each([
    [
      ['--count-window', '5', '--time-window', '1000'],
      '--count-window and --time-window are two windows: there can be only one',
    ],
    [['--slow-call-rate', '0.5'], '--slow-call-rate needs --slow-call, which says what a slow call is'],
    [
      ['--tool', 'a:count-window=5', '--tool', 'a:time-window=5'],
      '--count-window and --time-window are two windows: there can be only one',
    ],
  ])('is refused in words where it makes no sense: %j', (flags, words) => {
    expect(() => circuits(...flags)).toThrow(new UsageError(words));
  });
});
