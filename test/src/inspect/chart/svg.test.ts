import { toolCircuitMachine } from 'toolfuse/machines';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { chartModel, chartSvg, layoutChart } from '../../../../src/inspect/chart/index.ts';
import { machines, parallel } from './machines.ts';

const svgOf = (definition: unknown): string => chartSvg(layoutChart(chartModel(definition)));

/** The errors in a text as XML. TypeScript's JSX parser finds them, because SVG without its style is valid JSX. */
function faults(svg: string): string[] {
  const jsx = svg
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll('{', '(')
    .replaceAll('}', ')');
  const { diagnostics = [] } = ts.transpileModule(jsx, {
    reportDiagnostics: true,
    fileName: 'chart.tsx',
    compilerOptions: { jsx: ts.JsxEmit.Preserve },
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

const attributes = (svg: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value ?? '');

describe('a chart as SVG', () => {
  it.each(Object.entries(machines))('is well formed: %s', (_, machine) => {
    expect(faults(svgOf(machine.config))).toEqual([]);
  });

  it('names each state and each line, so that a page can highlight them', () => {
    const svg = svgOf(toolCircuitMachine.config);
    expect(attributes(svg, 'data-state')).toEqual(
      expect.arrayContaining(['closed', 'open', 'halfOpen', 'isolated', 'disabled']),
    );
    expect(attributes(svg, 'data-edge')).toContain('closed -&gt; open');
    expect(svg).toMatch(/data-from="closed" data-to="open" data-transitions="t\d+ t\d+ t\d+"/);
  });

  it('has an accessible name', () => {
    const svg = svgOf(toolCircuitMachine.config);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('aria-label="toolCircuit: a statechart"');
    expect(svg).toContain('<title>toolCircuit</title>');
  });

  it('is dark if the reader prefers that, and needs no external resources', () => {
    const svg = svgOf(toolCircuitMachine.config);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|@import|<script|href=|url\((?!#)/,
    );
  });

  it('highlights the active states and no others', () => {
    const layout = layoutChart(chartModel(parallel.config));
    const lit = (active: string[]): string[] =>
      [...chartSvg(layout, { active }).matchAll(/<g class="state[^"]*\bactive" data-state="([^"]*)"/g)].map(
        ([, id]) => id ?? '',
      );
    expect(lit([])).toEqual([]);
    expect(lit(['panel', 'panel.closed', 'text', 'text.bold']).sort()).toEqual([
      'panel',
      'panel.closed',
      'text',
      'text.bold',
    ]);
  });

  it('escapes text from the machine', () => {
    const name = '</text><script>alert("1")</script>&amp;\u0000\ud800';
    const svg = svgOf({
      id: name,
      initial: name,
      states: { [name]: { description: name, on: { [name]: { target: 'b', guard: name } } }, b: {} },
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0000');
    expect(svg).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;\ufffd\ufffd');
    expect(faults(svg)).toEqual([]);
  });
});
