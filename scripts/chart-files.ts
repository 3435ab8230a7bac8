import { chartText } from '../src/cli/chart.ts';

const mermaidBlock = /(?<=^```mermaid\n).*?(?=^```$)/ms;

/** The files that hold charts, by their paths, as they should be: `readme` is README.md as it is. */
export const chartFiles = (readme: string): ReadonlyMap<string, string> =>
  new Map([
    ['README.md', readme.replace(mermaidBlock, () => chartText('tool', { format: 'mermaid' }))],
    ['docs/tool-circuit.svg', chartText('tool', { format: 'svg' })],
    ['docs/tool-registry.svg', chartText('registry', { format: 'svg' })],
  ]);
