import { beforeAll, describe, expect, it } from 'vitest';
import { blocks, installOf } from '../support/code-blocks.ts';
import { isInstalled } from './installed.ts';
import { rows } from './recipes/rows.ts';
import { page, runRecipe } from './recipes/run-recipe.ts';
import type { InstallName } from './versions.ts';

const recipes: readonly InstallName[] = [
  'mastra',
  'anthropic',
  'voltagent',
  'genkit',
  'genai',
  'adk',
  'strands',
];

describe(`the recipes in ${page}`, () => {
  it('are all run here', () => {
    expect(blocks(page, 'ts').map(installOf)).toEqual(recipes);
  });

  describe.each(recipes)('with %s', (install) => {
    const isMissing = !isInstalled(install);
    let outcomes: ReadonlyMap<string, string | null> = new Map();

    beforeAll(async () => {
      if (!isMissing) outcomes = await runRecipe(install);
    });

    it.skipIf(isMissing).each(Object.keys(rows))('%s', (row) => {
      expect(outcomes.get(row), outcomes.has(row) ? '' : 'the row did not end').toBeNull();
    });
  });
});
