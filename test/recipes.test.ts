import { describe, expect, it } from 'vitest';
import { isInstalled } from './frameworks/installed.ts';
import { runProgram } from './frameworks/run-program.ts';
import { blocks, installOf } from './support/code-blocks.ts';

/** What a program says that it prints: the comment behind each `console.log`. */
const promised = (code: string): string[] =>
  [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line ?? '');

const recipes = blocks('docs/recipes.md', 'ts').map((code) => {
  const packages = [...code.matchAll(/from '([^']+)'/g)].map(([, name]) => name).join(', ');
  return { code, packages, install: installOf(code) ?? 'web' } as const;
});

describe.each(recipes)('the recipe with $packages', ({ code, install }) => {
  it.skipIf(!isInstalled(install))('prints what it says', async () => {
    const { output, errors } = await runProgram(code, install);
    expect(errors).toBe('');
    expect(promised(code).length).toBeGreaterThan(0);
    expect(output.trimEnd().split('\n')).toEqual(promised(code));
  });
});
