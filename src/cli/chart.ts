import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { agentRunMachine, toolCircuitMachine, toolRegistryMachine } from 'toolfuse/machines';
import { chartMermaid, chartModel, chartSvg, layoutChart } from '../inspect/chart/index.ts';
import { UsageError } from '../proxy/options/usage-error.ts';

const charts = {
  tool: { definition: toolCircuitMachine.config, title: 'The circuit of a tool' },
  registry: { definition: toolRegistryMachine.config, title: 'The registry of all circuits' },
  run: { definition: agentRunMachine.config, title: 'The guard of a run against loops' },
} as const;

export type ChartName = keyof typeof charts;

const formats = ['mermaid', 'svg', 'json'] as const;

export type ChartFormat = (typeof formats)[number];

export interface ChartTextOptions {
  readonly format: ChartFormat;
  /** Whether to draw every transition on its own, with its actions. For `svg` only. Default false. */
  readonly full?: boolean;
}

const help = `Usage: toolfuse chart [tool|registry|run] [options]

Writes the statechart of a tool's circuit, of the registry, or of the guard of a run against loops.

  --format FORMAT   mermaid (default), svg, or json: the machine's definition, for createMachine()
  --full            svg: every transition on its own, with its actions, and the entry and exit actions of states
  --out FILE        write to a file instead of standard output`;

/** One of the statecharts, as the text of a file. */
export function chartText(name: ChartName, { format, full = false }: ChartTextOptions): string {
  const { definition, title } = charts[name];
  if (format === 'json') return `${JSON.stringify(definition, null, 2)}\n`;
  const model = chartModel(definition);
  if (format === 'mermaid') return chartMermaid(model);
  return chartSvg(layoutChart(model, { detail: full ? 'full' : 'plain' }), { title });
}

/** `toolfuse chart`: writes a statechart. */
export function main(args: readonly string[]): void {
  const { values, positionals } = read(args);
  if (values.help) {
    console.log(help);
    return;
  }
  const [name = 'tool', ...more] = positionals;
  if (!isOneOf(Object.keys(charts) as ChartName[], name)) {
    throw new UsageError(`there is no chart ${JSON.stringify(name)}; the charts are tool, registry and run`);
  }
  if (more.length > 0)
    throw new UsageError(`one chart at a time, got also ${JSON.stringify(more.join(' '))}`);
  const { format, full, out } = values;
  if (!isOneOf(formats, format)) {
    throw new UsageError(`--format must be mermaid, svg or json, got ${JSON.stringify(format)}`);
  }
  if (full && format !== 'svg') throw new UsageError(`--full needs --format svg, got ${format}`);
  const text = chartText(name, { format, full });
  if (out === undefined) process.stdout.write(text);
  else write(out, text);
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'mermaid' },
        full: { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`--out ${JSON.stringify(path)} cannot be written: ${(error as Error).message}`);
  }
}

const isOneOf = <Name extends string>(names: readonly Name[], text: string): text is Name =>
  (names as readonly string[]).includes(text);
