import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/proxy/options/read.ts';
import { ToolOptions } from '../../../src/proxy/options/tool-options.ts';
import { makeCircuits } from '../../../src/proxy/proxy-circuits.ts';

function make(...args: string[]) {
  const circuits = makeCircuits(readOptions([...args, '--', 'server'], {}), 'x', undefined);
  circuits.stop();
  return circuits;
}

describe('the settings of windows', () => {
  it.each([
    [
      ['--tool', 'a:trip=consecutive-failures', '--tool', 'a:slow-call=5'],
      'tool "a": trip=consecutive-failures has no slowCallMs',
    ],
    [['--trip', 'time-window', '--count-window', '5'], 'trip=time-window has no countWindow'],
    [
      ['--tool', 'a:trip=count-window', '--tool', 'a:time-window=5'],
      'tool "a": trip=count-window has no timeWindowMs',
    ],
    [['--server', 'min-calls=2'], '--server min-calls is not a setting'],
    [
      ['--tool', 'a:count-window=5', '--tool', 'a:min-calls=6'],
      'tool "a": countWindow.minCalls must be at most size (5), got 6',
    ],
    [['--tool', 'a:failure-rate=2'], '--tool a:failure-rate must be a number above 0, at most 1, got "2"'],
    [
      ['--tool', 'a:trip=window'],
      'must be one of consecutive-failures, count-window, time-window, got "window"',
    ],
    [
      ['--tool', 'a:key=url host'],
      '--tool a:key must be a path into the arguments, such as tenant, user.id or url.host',
    ],
    [['--server', 'key=a'], '--server key is not a setting'],
    [['--deny-after', '3'], 'denyAfter needs --loops, got 3'],
    [['--failure-pattern', 'a'], '--failure-pattern "a" must be TOOL=REGEX'],
    [['--failure-pattern', 'a='], '--failure-pattern "a=" must be TOOL=REGEX'],
    [
      ['--loops', '--warn-after', '6', '--deny-after', '4'],
      'loops.denyAfter must be at least warnAfter (6), got 4',
    ],
  ])('are refused where they mean nothing: %j', (args, expected) => {
    expect(() => make(...args)).toThrow(expected);
  });

  it('of one tool add to those of all, and those of the server stand alone', () => {
    expect(() =>
      make('--count-window', '10', '--tool', 'a:min-calls=5', '--loops', '--deny-after', '2'),
    ).not.toThrow();
    // A command that has exited is down, whatever the window of its tools.
    const { registry, server } = make('--trip', 'time-window');
    expect(registry.diagnostics(server)).toMatchObject({ failureRate: null });
  });
});

describe('the settings of tools', () => {
  it('are those of all patterns that match, the name over all', () => {
    const options = new ToolOptions({
      '*': { timeoutMs: 1, key: 'a' },
      'git.*': { timeoutMs: 2 },
      'git.push': { enabled: false },
    });
    expect(options.of('x')).toEqual({ timeoutMs: 1, key: 'a' });
    expect(options.of('git.push')).toEqual({ timeoutMs: 2, key: 'a', enabled: false });
    expect(options.of('')).toEqual({});
    expect(options.haveAny('key')).toBe(true);
    expect(options.haveAny('polling')).toBe(false);
    expect(new ToolOptions({}).of('constructor')).toEqual({});
  });
});
