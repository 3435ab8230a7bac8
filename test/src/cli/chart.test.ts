import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolCircuitMachine } from 'toolfuse/machines';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createMachine } from 'xstate';
import { chartText, main } from '../../../src/cli/chart.ts';
import { chartModel } from '../../../src/inspect/chart/index.ts';
import { UsageError } from '../../../src/proxy/options/usage-error.ts';

/** What the command writes to the standard output. */
function written(...args: string[]): string {
  let text = '';
  const output = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  const log = vi.spyOn(console, 'log').mockImplementation((line) => {
    text += `${line}\n`;
  });
  try {
    main(args);
  } finally {
    output.mockRestore();
    log.mockRestore();
  }
  return text;
}

describe('toolfuse chart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-chart-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the circuit of a tool as mermaid by default', () => {
    expect(written()).toBe(chartText('tool', { format: 'mermaid' }));
    expect(written()).toMatch(/^stateDiagram-v2\n {2}\[\*\] --> closed\n/);
  });

  it('writes the registry', () => {
    expect(written('registry')).toContain('operational --> paused: at once [too many are open]\n');
  });

  it('writes SVG with a title, and with every transition when asked to', () => {
    const plain = written('tool', '--format', 'svg');
    const full = written('tool', '--format=svg', '--full');
    expect(plain).toMatch(/^<svg [^>]*aria-label="The circuit of a tool: a statechart"/);
    expect(plain).not.toContain('startProbing');
    expect(full).toContain('startProbing');
  });

  it('writes JSON from which XState makes the same machine', () => {
    const definition = JSON.parse(written('--format', 'json'));
    expect(chartModel(createMachine(definition).config)).toEqual(chartModel(toolCircuitMachine.config));
  });

  it('writes to a file', () => {
    const file = join(folder, 'chart.svg');
    expect(written('tool', '--format', 'svg', '--out', file)).toBe('');
    expect(readFileSync(file, 'utf8')).toBe(chartText('tool', { format: 'svg' }));
  });

  it('prints its options', () => {
    expect(written('--help')).toMatch(/^Usage: toolfuse chart \[tool\|registry\|run\]/);
  });

  it.each([
    [['nope'], 'there is no chart "nope"; the charts are tool, registry and run'],
    [['toString'], 'there is no chart "toString"; the charts are tool, registry and run'],
    [['tool', 'registry'], 'one chart at a time, got also "registry"'],
    [['--format', 'pdf'], '--format must be mermaid, svg or json, got "pdf"'],
    [['--full'], '--full needs --format svg, got mermaid'],
    [['--nope'], "Unknown option '--nope'"],
    [['--format'], "Option '--format <value>' argument missing"],
    [['--out', '/'], '--out "/" cannot be written: EISDIR'],
  ])('refuses %j', (args, message) => {
    expect(() => written(...args)).toThrow(UsageError);
    expect(() => written(...args)).toThrow(message);
  });
});
