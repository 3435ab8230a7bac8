import { describe, expect, it, vi } from 'vitest';
import { main as doctor } from '../../../src/cli/doctor.ts';
import { main as mcp } from '../../../src/cli/mcp.ts';
import { presets } from '../../../src/cli/wrap/presets.ts';
import { main as wrap } from '../../../src/cli/wrap.ts';
import { readOptions } from '../../../src/proxy/options/read.ts';
import { UsageError } from '../../../src/proxy/options/usage-error.ts';

describe('toolfuse mcp wrap, unwrap and doctor', () => {
  it.each([
    [
      ['wrap', '--preset', 'nope'],
      '--preset must be one of standard, observe, careful, patient, lasting, got "nope"',
    ],
    [['wrap', '--client', 'nope'], '--client must be one of claude-desktop, claude-code,'],
    [['wrap', '--nope'], /^Unknown option '--nope'$/],
    [['wrap', '--', '--nope'], "Unknown option '--nope'"],
    [['wrap', '--', '--name', 'x'], '--name cannot be the same for all servers'],
    [['wrap', '--', '--state=x'], '--state cannot be the same for all servers'],
    [['unwrap', '--preset', 'careful'], 'unwrap takes away all that wrap has put there'],
    [['doctor', '--timeout', 'soon'], '--timeout must be a positive integer, got "soon"'],
    [['doctor', '--at-once', '0'], '--at-once must be a positive integer, got "0"'],
  ])('refuse %j', async (args, message) => {
    const refused = expect(mcp(args)).rejects;
    await refused.toThrow(UsageError);
    await expect(mcp(args)).rejects.toThrow(message);
  });

  it('print their options', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await wrap('wrap', ['--help']);
    await doctor(['--help']);
    const told = log.mock.calls.join('\n');
    log.mockRestore();
    expect(told).toContain('Usage: toolfuse mcp wrap [FILE…]');
    expect(told).toContain('Usage: toolfuse mcp doctor [FILE…]');
    for (const name of Object.keys(presets)) expect(told).toContain(`  ${name} `);
  });

  it.each(Object.entries(presets))('have a preset that the proxy understands: %s', (_name, { flags }) => {
    expect(() => readOptions([...flags, '--', 'server'], {})).not.toThrow();
  });
});
