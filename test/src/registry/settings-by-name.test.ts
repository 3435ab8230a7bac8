import { createToolRegistry } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { NamePattern } from '../../../src/registry/name-pattern.ts';
import { SettingsByName } from '../../../src/registry/settings-by-name.ts';

/** How many failures trip a tool. */
function thresholdOf(registry: ReturnType<typeof createToolRegistry>, tool: string): number {
  return registry.tool(tool).getSnapshot().context.config.failureThreshold;
}

describe('settings by pattern', () => {
  it('hold for every tool whose name matches', () => {
    const registry = createToolRegistry({ tools: { 'github.*': { failureThreshold: 2 } } });
    expect(thresholdOf(registry, 'github.search')).toBe(2);
    expect(thresholdOf(registry, 'github')).toBe(7);
    expect(thresholdOf(registry, 'gitlab.search')).toBe(7);
  });

  it('are overruled field by field: by a more specific pattern, and by the name itself', () => {
    const registry = createToolRegistry({
      circuit: { minBackoffMs: 1 },
      tools: {
        'github.search': { minBackoffMs: 400 },
        'github.*': { failureThreshold: 2, minBackoffMs: 300 },
        '*': { failureThreshold: 5, maxBackoffMs: 9_000 },
      },
    });
    expect(registry.tool('github.search').getSnapshot().context.config).toMatchObject({
      failureThreshold: 2,
      minBackoffMs: 400,
      maxBackoffMs: 9_000,
    });
    expect(registry.tool('github.issue').getSnapshot().context.config).toMatchObject({
      failureThreshold: 2,
      minBackoffMs: 300,
    });
    expect(registry.tool('shell').getSnapshot().context.config).toMatchObject({
      failureThreshold: 5,
      minBackoffMs: 1,
    });
  });

  it('give upstreams, keys, alternatives and modes, but no circuit to itself as an upstream', () => {
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1 },
      tools: {
        'gh*': { upstream: 'gh', alternatives: ['git'], key: ({ owner }) => owner },
        'x*': { mode: 'observe' },
      },
    });
    registry.recordFailure('gh.search', 'network', { input: { owner: 'me' } });
    expect(registry.openCircuits()).toEqual(['gh']);
    expect(registry.keys('gh.search')).toEqual(['me']);
    expect(registry.tryAcquire('gh.search')).toMatchObject({ upstream: 'gh', alternatives: ['git'] });
    expect(registry.tryAcquire('gh')).toMatchObject({ admitted: false, upstream: null });
    expect([registry.mode('xyz'), registry.mode('abc')]).toEqual(['observe', 'enforce']);
  });

  it('are checked as those of names are', () => {
    expect(() => createToolRegistry({ tools: { 'a.*': { failureThreshold: 0 } } })).toThrow(
      'tools["a.*"].failureThreshold must be a positive integer, got 0',
    );
    expect(() => createToolRegistry({ tools: { '*': { maxBackoffMs: 1 } } })).toThrow(
      /^tools\["\*"\]\.maxBackoffMs must/,
    );
    expect(() =>
      createToolRegistry({ tools: { 'a*': { minBackoffMs: 10_000 }, ab: { maxBackoffMs: 6_000 } } }),
    ).toThrow(/^tools\["ab"\]\./);
  });

  it('that contradict each other end no call: the more specific pattern holds alone', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const registry = createToolRegistry({
      tools: { 'a*': { minBackoffMs: 10_000 }, '*bc': { maxBackoffMs: 6_000 } },
    });
    expect(registry.tool('abc').getSnapshot().context.config).toMatchObject({
      minBackoffMs: 5_000,
      maxBackoffMs: 6_000,
    });
    expect(printed).toHaveBeenCalledOnce();
    printed.mockRestore();
  });

  it('that contradict each other are printed once for a tool, by its name', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const registry = createToolRegistry({
      tools: {
        'a*': { minBackoffMs: 9_000, maxBackoffMs: 9_000 },
        '*b': { maxBackoffMs: 5, minBackoffMs: 0 },
        '*bb': { minBackoffMs: 500 },
      },
    });
    registry.recordSuccess('xbb');
    registry.recordSuccess('xbb');
    expect(printed.mock.calls.map(([words]) => words)).toEqual([
      'toolfuse: patterns contradict each other for "xbb"',
    ]);
    printed.mockRestore();
  });

  it('that are the only ones of a tool hold as they are', () => {
    const registry = createToolRegistry({ tools: { 'a*': { upstream: 'a' }, 'b*': { upstream: 'a' } } });
    registry.recordSuccess('b1');
    expect(registry.diagnostics('b1').upstream).toBe('a');
    // The upstream is one of the tools that the pattern names.
    registry.recordSuccess('a');
    expect(registry.diagnostics('a').upstream).toBeNull();
    expect(registry.diagnostics('a1').upstream).toBe('a');
  });

  it('keep all else for the circuit that they name as its own upstream', () => {
    const registry = createToolRegistry({ tools: { 'a*': { upstream: 'a', failureThreshold: 3 } } });
    expect(thresholdOf(registry, 'a')).toBe(3);
  });

  it('leave the mode of all tools alone', () => {
    const registry = createToolRegistry({ tools: { '*': { mode: 'observe' } } });
    expect([registry.mode(), registry.mode('shell')]).toEqual(['enforce', 'observe']);
  });

  it('are made once for a name, and anew after 1 000 others; one pattern has the same for all names', () => {
    const settings = new SettingsByName(
      new Map([
        ['a*', { failureThreshold: 3 }],
        ['*b', { minBackoffMs: 1 }],
      ]),
      {},
    );
    const first = settings.get('a0b');
    for (let i = 1; i < 1_000; i++) settings.get(`a${i}b`);
    expect(settings.get('a0b')).toBe(first);
    settings.get('a1000b');
    expect(settings.get('a0b')).not.toBe(first);
    expect(settings.get('a0b')).toEqual(first);
    expect(settings.get('a1')).toBe(settings.get('a2'));
    expect(settings.get('c')).toBeUndefined();
  });

  it('are found for any number of names in bounded memory', () => {
    const registry = createToolRegistry({ maxTools: 10, tools: { 'a*': { failureThreshold: 3 } } });
    for (let i = 0; i < 2_500; i++) expect(thresholdOf(registry, `a${i}`)).toBe(3);
  });
});

describe('a pattern of names', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*b', 'ab', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*bc*c', 'abc', false],
    ['a**c', 'abc', true],
    ['a.c*', 'abc', false],
  ])('%s and %j: %s', (pattern, name, matches) => {
    expect(new NamePattern(pattern).matches(name)).toBe(matches);
  });

  it('matches nothing in which its beginning and its end would overlap', () => {
    expect([new NamePattern('ab*ba').matches('aba'), new NamePattern('ab*ba').matches('abba')]).toEqual([
      false,
      true,
    ]);
    expect(new NamePattern('aa*a').matches('aa')).toBe(false);
  });

  it('is the more specific the more characters it names, however many stars it has', () => {
    expect(['*', 'a*', '*a*b*', 'abc*'].map((text) => new NamePattern(text).weight)).toEqual([0, 1, 2, 3]);
  });

  it('agrees with a regular expression', () => {
    const letters = ['a', 'b', '*'];
    const texts = (length: number): string[] =>
      length === 0 ? [''] : texts(length - 1).flatMap((text) => letters.map((letter) => text + letter));
    for (const pattern of [1, 2, 3, 4].flatMap(texts).filter(NamePattern.isOne)) {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      const made = new NamePattern(pattern);
      for (const name of [0, 1, 2, 3, 4].flatMap(texts).filter((text) => !text.includes('*'))) {
        expect(made.matches(name), `${pattern} ${name}`).toBe(expression.test(name));
      }
    }
  });
});
