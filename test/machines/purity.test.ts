import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../machines/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

/** The names that no chart may use: time, randomness, waiting and the outside world, all of which are passed in. */
const forbidden = new Set([
  'Date',
  'performance',
  'process',
  'random',
  'randomUUID',
  'crypto',
  'console',
  'Promise',
  'PromiseLike',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'require',
  'eval',
  'Function',
  'globalThis',
  'window',
  'global',
  'fromPromise',
  'fromCallback',
  'fromObservable',
]);

/** The names and imports that make a source impure; comments and strings are ignored. */
function impurities(text: string): string[] {
  const found: string[] = [];
  const note = (what: string) => void found.push(what);
  const mayImport = (specifier: string) => specifier === 'xstate' || /^\.\/[a-z-]+\.ts$/.test(specifier);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && forbidden.has(node.text)) note(node.text);
    if (node.kind === ts.SyntaxKind.AsyncKeyword) note('async');
    if (ts.isAwaitExpression(node)) note('await');
    if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
      if (forbidden.has(node.argumentExpression.text)) note(node.argumentExpression.text);
    }
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = node.moduleSpecifier;
      if (specifier && ts.isStringLiteral(specifier) && !mayImport(specifier.text)) note(specifier.text);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) note('import()');
    if (ts.isImportTypeNode(node)) note('import() of a type');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, false));
  return found;
}

describe('the check for purity', () => {
  it.each([
    ["import { readFileSync } from 'node:fs';", 'node:fs'],
    ["import type { Clock } from '../src/clock.ts';", '../src/clock.ts'],
    ["import 'xstate/graph';", 'xstate/graph'],
    ["export { x } from 'other';", 'other'],
    ["const fs = import('node:fs');", 'import()'],
    ["let fs: import('node:fs').Stats;", 'import() of a type'],
    ["const fs = require('fs');", 'require'],
    ['const at = Date.now();', 'Date'],
    ['const at = new Date();', 'Date'],
    ['const at = performance.now();', 'performance'],
    ['const jitter = Math.random();', 'random'],
    ["const jitter = Math['random']();", 'random'],
    ['const { random } = Math;', 'random'],
    ["console.log('x');", 'console'],
    ['let later: Promise<void>;', 'Promise'],
    ['async function run() {}', 'async'],
    ['const run = async () => {};', 'async'],
    ['await run();', 'await'],
    ['setTimeout(run, 5);', 'setTimeout'],
    ['globalThis.x = 1;', 'globalThis'],
    ["const actor = fromPromise('x');", 'fromPromise'],
  ])('finds what is wrong with %s', (source, wrong) => {
    expect(impurities(source)).toContain(wrong);
  });

  it('accepts forbidden names in comments and strings, and imports of xstate and siblings', () => {
    const source = `
      // A Promise would be wrong here, and so would Date.now().
      import { assign } from 'xstate';
      import { waitMs } from './backoff.ts';
      export { type X } from './tool-circuit.ts';
      const hint = 'Ask the console for the Date';
      const least = Math.min(1, 2);
    `;
    expect(impurities(source)).toEqual([]);
  });
});

describe('the machines', () => {
  it('are the expected files', () => {
    expect(files).toEqual(expect.arrayContaining(['index.ts', 'tool-circuit.ts', 'tool-registry.ts']));
  });

  it.each(files)(
    '%s imports only xstate and its siblings, and uses no time, randomness or waiting',
    (file) => {
      expect(impurities(readFileSync(new URL(file, folder), 'utf8'))).toEqual([]);
    },
  );
});
