import { createToolRegistry } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { keyText } from '../../../src/calls/call-keys.ts';

describe('the key of a call', () => {
  it('is cut where it is longer than 200 characters', () => {
    expect(keyText('x'.repeat(200))).toBe('x'.repeat(200));
    expect(keyText('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
  });

  it('is not asked for where nothing is said of the input', async () => {
    const key = vi.fn(() => 'a');
    const registry = createToolRegistry({ tools: { fetch: { key } } });
    expect(await registry.execute('fetch', (context) => context.key)).toBeNull();
    expect(await registry.execute('fetch', (context) => context.key, { upstream: 'server' })).toBeNull();
    expect(key).not.toHaveBeenCalled();
  });

  it('is none for tools whose settings ask for none, whatever those of others ask', async () => {
    const registry = createToolRegistry({ tools: { fetch: { key: () => 'a' }, shell: {} } });
    for (const tool of ['shell', 'search']) {
      expect(await registry.execute(tool, ({ key }) => key, { input: { url: 'b' } })).toBeNull();
    }
  });
});
