import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { chartFiles } from '../scripts/chart-files.ts';
import { chartText } from '../src/cli/chart.ts';
import { blocks, installOf } from './support/code-blocks.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  root,
);

const entries = [
  ['## toolfuse', 'src/index.ts'],
  ['## toolfuse/ai', 'src/ai/index.ts'],
  ['## toolfuse/claude-agent', 'src/claude-agent/index.ts'],
  ['## toolfuse/fleet', 'src/fleet/index.ts'],
  ['## toolfuse/inspect', 'src/inspect/index.ts'],
  ['## toolfuse/inspect/classic', 'src/inspect/classic/index.ts'],
  ['## toolfuse/langchain', 'src/langchain/index.ts'],
  ['## toolfuse/machines', 'machines/index.ts'],
  ['## toolfuse/mcp', 'src/mcp/index.ts'],
  ['## toolfuse/openai-agents', 'src/openai-agents/index.ts'],
  ['## toolfuse/opentelemetry', 'src/opentelemetry/index.ts'],
  ['## toolfuse/prometheus', 'src/prometheus/index.ts'],
  ['## toolfuse/testing', 'src/testing/index.ts'],
  ['## toolfuse/tools', 'src/tools/index.ts'],
] as const;

/** Each block of code of these pages as a module of its own. Those of frameworks are compiled where these are installed. */
const readmeModules = new Map(
  [...blocks('README.md', 'ts'), ...blocks('docs/inspector.md', 'ts')]
    .filter((code) => installOf(code) === undefined)
    .map((code, index) => [`${root}readme-${index}.ts`, `${code}\nexport {};\n`]),
);

/** One program answers every question here: the compiler takes seconds to read the types of the MCP SDK alone. */
function makeProgram(): ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => readmeModules.has(path) || fileExists(path);
  host.readFile = (path) => readmeModules.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const code = readmeModules.get(path);
    return code === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, code, target);
  };
  return ts.createProgram(
    [...entries.map(([, path]) => root + path), ...readmeModules.keys()],
    options,
    host,
  );
}
const program = makeProgram();
const checker = program.getTypeChecker();

/** The names in the first column of the tables between a heading and the next one. */
function tableNames(page: string, heading: string): string[] {
  const lines = read(page).split('\n');
  const from = lines.indexOf(heading);
  expect(from, `${page} has a heading "${heading}"`).toBeGreaterThan(-1);
  const to = lines.findIndex((line, index) => index > from && line.startsWith('#'));
  return lines
    .slice(from, to === -1 ? undefined : to)
    .flatMap((line) => line.match(/^\| `([^`]+)` \|/)?.[1] ?? []);
}

describe('docs/api.md', () => {
  const exportsOf = (path: string): ts.Symbol[] => {
    const file = program.getSourceFile(`${root}${path}`);
    const module = file && checker.getSymbolAtLocation(file);
    return module ? checker.getExportsOfModule(module) : [];
  };

  it.each(entries)('%s lists what %s exports, and nothing else', (heading, path) => {
    expect(tableNames('docs/api.md', heading).sort()).toEqual(
      exportsOf(path)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('lists the members of a registry, and nothing else', () => {
    const registry = exportsOf('src/index.ts').find(({ name }) => name === 'ToolRegistry');
    const members = registry
      ? checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(registry)))
      : [];
    const named = members.map(({ name }) => name).filter((name) => !/^(#|__)/.test(name));
    expect(tableNames('docs/api.md', '### A registry').sort()).toEqual(named.sort());
  });
});

describe('the code in README.md and docs/inspector.md', () => {
  it('begins with examples/first-steps.ts', () => {
    expect(blocks('README.md', 'ts')[0]).toBe(read('examples/first-steps.ts'));
  });

  // The type check of the whole project covers what a block imports.
  it.each([...readmeModules.keys()].map((path, index) => [index + 1, path] as const))(
    'compiles: block %i',
    (_, path) => {
      expect(
        ts
          .getPreEmitDiagnostics(program, program.getSourceFile(path))
          .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
      ).toEqual([]);
    },
  );

  it('has more than two blocks', () => {
    expect(readmeModules.size).toBeGreaterThan(2);
  });
});

describe('the charts in README.md and docs', () => {
  it.each([...chartFiles(read('README.md'))])('%s is up to date: `npm run charts` draws it', (path, text) => {
    expect(read(path)).toBe(text);
  });

  it('are in README.md as a block for mermaid', () => {
    expect(blocks('README.md', 'mermaid')).toEqual([chartText('tool', { format: 'mermaid' })]);
  });
});
