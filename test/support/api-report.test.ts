import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { apiReports } from './api-report.ts';

describe('a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-api-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Reports of files, of which those whose names have no `shared` are entry points. */
  const reportsOf = (files: Readonly<Record<string, string>>): string[] => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.d.ts`), text);
    const names = Object.keys(files).filter((name) => !name.includes('shared'));
    return [...apiReports(names.map((name) => ({ name, file: join(folder, `${name}.d.ts`) }))).values()];
  };

  it('changes with a signature, and not with a comment, an order or the file in which something stands', () => {
    const [before] = reportsOf({
      tool: '/** Old words. */ export interface A { a: B }\ninterface B { b: 1 }\nexport {};',
    });
    const [same] = reportsOf({
      tool: "import { x as B } from './shared.js';\n/** New words. */ interface A { a: B }\nexport type { A };",
      shared: 'interface B { b: 1 }\nexport { B as x };',
    });
    const [changed] = reportsOf({ tool: 'export interface A { a: B }\ninterface B { b: 2 }\nexport {};' });
    expect(same).toBe(before);
    expect(changed).not.toBe(before);
  });

  it('shows what is not exported where an export names it, however far behind', () => {
    const [report] = reportsOf({
      tool: 'export declare const a: A; interface A { b(c: typeof d): void } declare const d: D; type D = 1; type E = 1; export {};',
    });
    for (const shown of ['export const a: A', '\ninterface A {', '\nconst d: D', '\ntype D = 1']) {
      expect(report).toContain(shown);
    }
    expect(report).not.toContain('type E');
  });

  it('shows each declaration once, and says where others have it from', () => {
    const [first, second] = reportsOf({
      first: "export { A } from './shared.js';",
      second:
        "import { A } from './shared.js';\nexport { A } from './shared.js';\nexport type B = A | Actor;\nimport { Actor } from 'xstate';",
      shared: 'export interface A { a: 1 }',
    });
    expect(first).toContain('export interface A');
    expect(second).not.toContain('interface A');
    expect(second).toContain("export {\n    A,\n} from 'first';");
    expect(second).toContain("import {\n    Actor,\n} from 'xstate';");
  });

  it('is not made where a name leads nowhere', () => {
    expect(() => reportsOf({ tool: "export { A } from './gone.js';" })).toThrow('A is declared in no file');
  });
});
