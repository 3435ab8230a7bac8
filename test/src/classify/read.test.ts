import { describe, expect, it } from 'vitest';
import { isObject, prototypeOf, read, readName, textOf } from '../../../src/classify/read.ts';

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe("a stranger's value", () => {
  it.each([['a text'], [7], [true], [null], [undefined], [Symbol('x')]])(
    'has no properties if it is no object: %s',
    (value) => {
      expect(isObject(value)).toBe(false);
      for (const key of ['length', 'constructor', 'description']) expect(read(value, key)).toBeUndefined();
      expect(prototypeOf(value)).toBeNull();
    },
  );

  it('may be a function', () => {
    expect(isObject(Object)).toBe(true);
    expect(readName(Object, 'name')).toBe('Object');
  });

  it('has no properties and no prototype if it refuses to tell', () => {
    expect(read(revoked(), 'code')).toBeUndefined();
    expect(prototypeOf(revoked())).toBeNull();
  });

  it('has a name of at most 128 characters', () => {
    expect(readName({ code: 'E'.repeat(128) }, 'code')).toBe('E'.repeat(128));
    expect(readName({ code: 'E'.repeat(129) }, 'code')).toBeUndefined();
    expect(readName({ code: ['E'] }, 'code')).toBeUndefined();
  });

  it('says its message, itself if it is a text, or nothing', () => {
    expect(textOf({ message: 'it failed' })).toBe('it failed');
    expect(textOf('it failed')).toBe('it failed');
    expect(textOf({ message: 7 })).toBe('');
    expect(textOf(undefined)).toBe('');
  });
});
