import { describe, expect, it, vi } from 'vitest';
import { frameworkDemo } from '../../examples/framework-demo.ts';
import { isInstalled } from '../frameworks/installed.ts';

const demos = [
  ['ai', 'ai-6'],
  ['langchain', 'langchain'],
  ['claude-agent', 'claude-code'],
  ['openai-agents', 'openai-agents'],
] as const;

describe.each(demos)('the demo with %s', (framework, install) => {
  it.skipIf(!isInstalled(install))('wastes 18 calls without a guard, and 3 with one', async () => {
    const printed: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(String(text));
      return true;
    });
    const code = await frameworkDemo(framework).finally(() => write.mockRestore());
    expect(printed.join('')).toMatch(/calls wasted +18 +3\n/);
    expect(code).toBe(0);
  });
});

describe('the demo with a framework that it does not know', () => {
  it('says which ones it knows', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await frameworkDemo('unknown')).toBe(2);
    expect(error).toHaveBeenCalledWith(
      'There is no demo of "unknown"; there is one of ai, langchain, claude-agent, openai-agents.',
    );
    error.mockRestore();
  });
});
