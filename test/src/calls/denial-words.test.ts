import type { Denial } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { textOf, toModel } from '../../../src/calls/denial-words.ts';

const denial = (more: Partial<Denial> = {}): Denial => ({
  admitted: false,
  tool: 'search',
  key: null,
  reason: 'open',
  kind: 'unreachable',
  upstream: null,
  retryAfterMs: 1_500,
  retryAt: 0,
  probing: false,
  lastErrorCategory: 'network',
  lastError: null,
  alternatives: [],
  ...more,
});

describe('the words of a denial', () => {
  it('blame nothing that was not seen: a slow tool has no error, and that of an isolated one is not why', () => {
    expect(textOf(denial({ kind: 'slow', lastErrorCategory: null }))).toBe(
      'The call did not run. The tool "search" is unavailable: it answered too slowly in its most recent calls. Do not call it again within the next 2 s; such a call would not run either. Continue with work that does not need it, or say that you have to wait.',
    );
    expect(textOf(denial({ kind: 'withheld', reason: 'isolated', retryAfterMs: null, retryAt: null }))).toBe(
      'The call did not run. The tool "search" is unavailable: it was taken out of service by an operator. Do not call it again until you are told that it is back. Continue with work that does not need it, or say that you have to wait.',
    );
  });

  it('say of a repetition how to go on, and not when to call again', () => {
    const loop = { tool: 'search', kind: 'sameCall', count: 4, endings: [] } as const;
    const { data, text } = toModel(denial({ kind: 'repeating', loop }));
    expect(text).toContain(data.instruction);
    expect(data.instruction).not.toContain('within the next');
    expect(text).not.toContain('within the next');
  });

  it('tell of an operator whatever failed before', () => {
    expect(textOf(denial({ kind: 'withheld', lastErrorCategory: 'serviceUnavailable' }))).toContain(
      'it was taken out of service by an operator.',
    );
  });

  it('name the target where its own circuit refused, and not where the upstream of all targets did', () => {
    const ofTarget = textOf(denial({ key: 'example.org' }));
    expect(ofTarget).toContain('The tool "search" (for example.org) is unavailable');
    expect(ofTarget).toContain('Do not call it for example.org again within');
    const ofAll = textOf(denial({ key: 'example.org', reason: 'upstream', upstream: 'server' }));
    expect(ofAll).toContain('The tool "search" is unavailable: "server", which it depends on, ');
    expect(ofAll).toContain('Do not call it again within');
  });

  it.each([
    ['known', Date.UTC(2026, 0, 1), '2026-01-01T00:00:00.000Z'],
    ['unknown', null, null],
    ['the last that a Date can hold', 8.64e15, '+275760-09-13T00:00:00.000Z'],
    ['later than that', 8.64e15 + 1, null],
  ])('say as a date when to try again, if that is %s', (_, retryAt, said) => {
    expect(toModel(denial({ retryAt })).data.retryAt).toBe(said);
  });
});
