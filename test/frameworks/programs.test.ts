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

const shown = blocks('README.md', 'ts').flatMap(
  (code): [page: string, code: string, install: InstallName][] => {
    const install = installOf(code);
    return install === undefined ? [] : [['README.md', `${code}\nexport {};\n`, install]];
  },
);

describe('a strict compiler', () => {
  describe.each(programs)('reading %s with the types of %s', (program, install) => {
    it.skipIf(!isInstalled(install))('accepts it, and sees the mistakes in it', () => {
      expect(typeFaults(programText(program), install)).toEqual([]);
    });
  });

  describe.each(shown)('reading a block of %s', (_, code, install) => {
    it.skipIf(!isInstalled(install))(`accepts it with the types of ${install}`, () => {
      expect(typeFaults(code, install)).toEqual([]);
    });
  });
});
