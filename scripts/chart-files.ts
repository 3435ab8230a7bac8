import { chartText } from '../src/cli/chart.ts';

const mermaidBlock = /(?<=^```mermaid\n).*?(?=^```$)/ms;

/** The expected contents of the files with charts, by path; `readme` is the current README.md. */
export const chartFiles = (readme: string): ReadonlyMap<string, string> =>
  new Map([
    ['README.md', readme.replace(mermaidBlock, () => chartText('tool', { format: 'mermaid' }))],
    ['docs/tool-circuit.svg', chartText('tool', { format: 'svg' })],
    ['docs/agent-run.svg', chartText('run', { format: 'svg' })],
    ['docs/tool-registry.svg', chartText('registry', { format: 'svg' })],
  ]);
