import { describe, expect, it } from 'vitest';
import { blocks, installOf } from '../support/code-blocks.ts';
import { isInstalled } from './installed.ts';
import { programText, typeFaults } from './type-faults.ts';
import type { InstallName } from './versions.ts';

const programs: readonly [program: string, install: InstallName][] = [
  ['ai.ts', 'ai-5-lowest'],
  ['ai.ts', 'ai-6'],
  ['ai.ts', 'ai-7'],
  ['langchain.ts', 'langchain-lowest'],
  ['langchain.ts', 'langchain'],
  ['claude-agent.ts', 'claude-agent'],
  ['openai-agents.ts', 'openai-agents'],
];

/** A block of a page, as a module, and what it imports. */
type Shown = [page: string, imported: string, code: string, install: InstallName];

const shownIn = (page: string, otherwise?: InstallName): Shown[] =>
  blocks(page, 'ts').flatMap((code): Shown[] => {
    const install = installOf(code) ?? otherwise;
    const imported = [...code.matchAll(/from '([^']+)'/g)].map(([, name]) => name).join(', ');
    return install === undefined ? [] : [[page, imported, `${code}\nexport {};\n`, install]];
  });

const shown = [
  ...shownIn('README.md'),
  ...shownIn('docs/recipes.md', 'web'),
  ...shownIn('docs/frameworks.md'),
];

describe('a strict compiler', () => {
  describe.each(programs)('reading %s with the types of %s', (program, install) => {
    it.skipIf(!isInstalled(install))('accepts it, and sees the mistakes in it', () => {
      expect(typeFaults(programText(program), install)).toEqual([]);
    });
  });

  describe.each(shown)('reading the block of %s with %s', (_page, _imported, code, install) => {
    it.skipIf(!isInstalled(install))(`accepts it with the types of ${install}`, () => {
      expect(typeFaults(code, install)).toEqual([]);
    });
  });
});
