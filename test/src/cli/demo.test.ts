import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { main } from '../../../src/cli/demo.ts';
import { UsageError } from '../../../src/proxy/options/usage-error.ts';

describe('toolfuse demo', () => {
  it('prints its options, and nothing else, when asked to', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    await main(['--help']);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('Usage: toolfuse demo [options]'));
  });

  it.each([['--fast'], ['now']])('refuses %s by its name', async (arg) => {
    await expect(main([arg])).rejects.toThrow(UsageError);
    await expect(main([arg])).rejects.toThrow(`'${arg}'`);
  });
});
