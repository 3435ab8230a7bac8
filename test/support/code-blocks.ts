import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { InstallName } from '../frameworks/versions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The code blocks of a language in a page of this repository, in order. */
export const blocks = (page: string, language: string): string[] =>
  [
    ...readFileSync(`${root}${page}`, 'utf8').matchAll(
      new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'),
    ),
  ].map(([, code]) => code ?? '');

/** What to compile a block with, by a package that it imports. */
const installs: Readonly<Record<string, InstallName>> = {
  // It stands on the AI SDK, which its programs import, too.
  '@voltagent/core': 'voltagent',
  ai: 'ai-6',
  langchain: 'langchain',
  '@anthropic-ai/claude-agent-sdk': 'claude-agent',
  '@openai/agents': 'openai-agents',
  '@anthropic-ai/sdk': 'anthropic',
  '@google/genai': 'genai',
  '@mastra/core/agent': 'mastra',
  '@strands-agents/sdk': 'strands',
  genkit: 'genkit',
  '@google/adk': 'adk',
};

/** The framework that the code of a block needs; undefined if it needs none. */
export function installOf(code: string): InstallName | undefined {
  const imported = [...code.matchAll(/from '([^']+)'/g)].map(([, name]) => name ?? '');
  return Object.entries(installs).find(([name]) => imported.includes(name))?.[1];
}
