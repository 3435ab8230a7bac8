import { describe, expect, it } from 'vitest';
import { help } from '../../../../src/proxy/options/help.ts';
import { configSchema } from '../../../../src/proxy/options/schema.ts';
import { flagOf, settings, variableOf } from '../../../../src/proxy/options/settings.ts';

const properties = configSchema.properties as Readonly<Record<string, unknown>>;

describe.each(Object.keys(settings))('the setting %s', (name) => {
  it('is in the help by its flag, and in the schema by its name', () => {
    expect(help()).toMatch(new RegExp(`^  --${flagOf(name)}( |$)`, 'm'));
    expect(properties[name]).toMatchObject({ description: expect.any(String) });
  });
});

describe('the help', () => {
  it('fits into a terminal of 110 columns', () => {
    expect(
      help()
        .split('\n')
        .filter((line) => line.length > 110),
    ).toEqual([]);
  });
});

describe('a name', () => {
  it('is the same without its unit as a flag and a variable', () => {
    expect([flagOf('minBackoffMs'), variableOf('minBackoffMs')]).toEqual([
      'min-backoff',
      'TOOLFUSE_MIN_BACKOFF',
    ]);
    expect([flagOf('maxMessageMb'), variableOf('hideOpen')]).toEqual([
      'max-message-mb',
      'TOOLFUSE_HIDE_OPEN',
    ]);
  });
});
