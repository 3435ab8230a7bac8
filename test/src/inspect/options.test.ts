import { createToolRegistry } from 'toolfuse';
import { type InspectOptions, inspect } from 'toolfuse/inspect';
import { describe, expect, it } from 'vitest';
import { checkInspectOptions } from '../../../src/inspect/options.ts';

describe('the options of an inspector', () => {
  it('may all be left out', () => {
    expect(checkInspectOptions({})).toEqual({
      port: 0,
      host: '127.0.0.1',
      open: false,
      controls: false,
      sanitize: undefined,
      history: 2_000,
      keepAlive: false,
    });
  });

  it.each([
    [{ port: -1 }, 'port must be a whole number from 0 to 65535, got -1'],
    [{ port: '80' }, 'port must be a whole number from 0 to 65535, got "80"'],
    [
      { host: '0.0.0.0' },
      'host must be an address of this machine alone: 127.0.0.1, ::1 or localhost, got "0.0.0.0"',
    ],
    [{ host: 'example.com' }, 'host must be an address of this machine alone'],
    [{ open: 'yes' }, 'open must be true or false, got "yes"'],
    [{ controls: 1 }, 'controls must be true or false, got 1'],
    [{ sanitize: {} }, 'sanitize must be a function, got an object'],
    [{ history: 0 }, 'history must be a whole number from 10 to 100000, got 0'],
    [{ history: Infinity }, 'history must be a whole number from 10 to 100000, got Infinity'],
    [{ colour: 'red' }, 'inspect.colour is not a setting; the settings of inspect are port, host, open'],
  ])('are refused in words that name them: %j', async (options, words) => {
    expect(() => checkInspectOptions(options as InspectOptions)).toThrow(words);
    const registry = createToolRegistry();
    await expect(inspect(registry, options as InspectOptions)).rejects.toThrow(words);
    registry.stop();
  });
});
