import { describe, expect, it } from 'vitest';
import { boundedName } from '../../../../src/proxy/wire/bounded-name.ts';

describe('a name', () => {
  it('of a length that any tool may have stays as it is', () => {
    for (const name of ['', 'search', 'x'.repeat(256)]) expect(boundedName(name)).toBe(name);
  });

  it('that is longer is cut, and still told from others', () => {
    const [one, other] = ['x'.repeat(5_000_000), `${'x'.repeat(4_999_999)}y`];
    expect(boundedName(one)).toMatch(/^x{200}…~[\da-f]{16}$/);
    expect(boundedName(one)).not.toBe(boundedName(other));
    expect(boundedName(one)).toBe(boundedName('x'.repeat(5_000_000)));
  });
});
