import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { exports as published } from '../package.json';
import { folderOf, isInstalled } from './frameworks/installed.ts';
import { apiReports, type EntryPoint } from './support/api-report.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A line of what the compiler prints: `test/types.test-d.ts(7,1): error TS2322: …`. */
interface Fault {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const faults: Fault[] = [];

// One pass over the whole project, which writes the declarations as well.
beforeAll(async () => {
  const compiler = spawn(process.execPath, ['--import', 'tsx', 'scripts/declarations.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const line of (await text(compiler.stdout)).trim().split('\n')) {
    const [, file, at] = /^(\S.*)\((\d+),\d+\): error/.exec(line) ?? [];
    const last = faults.at(-1);
    if (file !== undefined) faults.push({ file, line: Number(at), text: line });
    else if (last !== undefined) faults.push({ ...last, text: line });
    else if (line !== '') faults.push({ file: '', line: 0, text: line });
  }
});

/** The type tests of a file, each with its lines. */
function typeTests(file: string): { name: string; from: number; to: number }[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const starts = lines.flatMap((line, index) => {
    const name = /^ *it\((['"`])(.*)\1/.exec(line)?.[2];
    return name === undefined ? [] : [{ name, from: index + 1 }];
  });
  return starts.map((start, index) => ({ ...start, to: starts[index + 1]?.from ?? lines.length + 1 }));
}

const typeTestFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test-d.ts'))
  .map((path) => `test/${path}`);

describe.each(typeTestFiles)('the types in %s', (path) => {
  it.each(typeTests(path))('$name', ({ from, to }) => {
    const own = faults.filter(({ file, line }) => file === path && line >= from && line < to);
    expect(own.map(({ text }) => text)).toEqual([]);
  });
});

it('the whole project has no type error', () => {
  expect(faults.map(({ text }) => text)).toEqual([]);
});

/** What users import by name and with types: `toolfuse`, `toolfuse/mcp`. */
const entryPoints = Object.entries(published).flatMap(([path, target]): EntryPoint[] =>
  typeof target === 'string' ? [] : [{ name: `toolfuse${path.slice(1)}`, file: join(root, target.types) }],
);

/** `toolfuse/inspect/classic` is reported in `inspect-classic.api.md`. */
const reportFile = ({ name }: EntryPoint): string =>
  `${name.replace(/^toolfuse\//, '').replaceAll('/', '-')}.api.md`;

describe('the published declarations', () => {
  let reports: ReadonlyMap<string, string>;

  beforeAll(() => {
    reports = apiReports(entryPoints);
  });

  it.each(entryPoints)('of $name are those in api/, where `npm run api` writes them', async (entryPoint) => {
    await expect(reports.get(entryPoint.name)).toMatchFileSnapshot(join(root, 'api', reportFile(entryPoint)));
  });

  it('have no report of what is no entry point any more', () => {
    const expected = entryPoints.map(reportFile);
    expect(readdirSync(join(root, 'api')).filter((file) => !expected.includes(file))).toEqual([]);
  });
});

/** What is wrong in the published declarations for a compiler that checks all that it reads. */
function faultsForAll(entries: readonly EntryPoint[], options: ts.CompilerOptions): string[] {
  const host = ts.createCompilerHost(options);
  const langchain = join(folderOf('langchain'), 'program.ts');
  host.resolveModuleNameLiterals = (literals, from, redirected, given) =>
    literals.map(({ text: name }) =>
      // It is installed apart, where it is installed at all.
      ts.resolveModuleName(
        name,
        name.startsWith('@langchain/') ? langchain : from,
        given,
        host,
        undefined,
        redirected,
      ),
    );
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { ...options, skipLibCheck: false, strict: true, exactOptionalPropertyTypes: true, noEmit: true },
    host,
  );
  return program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(join(root, 'dist')))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

describe('the published declarations, checked with skipLibCheck: false', () => {
  const needsLangChain = ({ name }: EntryPoint): boolean => name === 'toolfuse/langchain';
  const known = entryPoints.filter((entry) => isInstalled('langchain') || !needsLangChain(entry));
  const nodeNext = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };

  it('have no fault in a project for Node.js, without the types of a browser', () => {
    expect(faultsForAll(known, { ...nodeNext, lib: ['lib.es2022.d.ts'], types: ['node'] })).toEqual([]);
  });

  it('have no fault in a project for browsers, without the types of Node.js', () => {
    const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    const lib = ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'];
    expect(faultsForAll(known, { ...nodeNext, ...bundler, lib, types: [] })).toEqual([]);
  });
});

/** A program of somebody who has installed one version of the MCP SDK, and not the other. */
function programWith(sdk: RegExp, code: string): { faults: string[]; resolved: string[] } {
  const file = join(root, 'program.ts');
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, target, ...rest) =>
    path === file ? ts.createSourceFile(path, code, target) : getSourceFile(path, target, ...rest);
  const resolved: string[] = [];
  host.resolveModuleNameLiterals = (literals, from, redirected, given) =>
    literals.map(({ text: name }) => {
      if (name.startsWith('@modelcontextprotocol/')) {
        resolved.push(name);
        if (!sdk.test(name)) return { resolvedModule: undefined };
      }
      return ts.resolveModuleName(name, from, given, host, undefined, redirected);
    });
  const program = ts.createProgram([file], options, host);
  const dist = join(root, 'dist');
  const faults = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === file || fileName.startsWith(dist))
    .flatMap((source) => program.getSemanticDiagnostics(source));
  return {
    faults: faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    resolved,
  };
}

describe('a program that has only one version of the MCP SDK', () => {
  const guards = `
    import { createToolRegistry } from 'toolfuse';
    import { guardMcpClient, guardMcpServer } from 'toolfuse/mcp';
    const registry = createToolRegistry();
    const about = { name: 'test', version: '1.0.0' };
    const client: Client = guardMcpClient(new Client(about), { registry, server: 'x', timeoutMs: 1_000 });
    const server: McpServer = guardMcpServer(new McpServer(about), { registry });
  `;

  it('has no type error with version 2', () => {
    const { faults, resolved } = programWith(
      /^@modelcontextprotocol\/(?:client|server|core)\b/,
      `import { Client } from '@modelcontextprotocol/client';
       import { McpServer } from '@modelcontextprotocol/server';
       ${guards}
       const answer: Promise<{ isError?: boolean }> = client.callTool({ name: 'x' }, { timeout: 1 });`,
    );
    expect(faults).toEqual([]);
    expect(resolved).not.toContain('@modelcontextprotocol/sdk');
  });

  it('has no type error with version 1', () => {
    const { faults, resolved } = programWith(
      /^@modelcontextprotocol\/sdk\b/,
      `import { Client } from '@modelcontextprotocol/sdk/client/index.js';
       import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
       ${guards}
       const answer: Promise<unknown> = client.callTool({ name: 'x' }, undefined, { timeout: 1 });
       server.tool('now', () => ({ content: [] }));`,
    );
    expect(faults).toEqual([]);
    expect(resolved.filter((name) => !name.startsWith('@modelcontextprotocol/sdk'))).toEqual([]);
  });
});
