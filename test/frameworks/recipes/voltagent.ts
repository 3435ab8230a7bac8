import type { ImportReal } from '../rows.ts';
import { aiModel } from './ai-model.ts';
import { type Ask, type Recipe, runAsk, ScriptedModel } from './recipe.ts';

export const load = async (_importReal: ImportReal, ask: Ask<object>): Promise<Recipe> => ({
  run(run) {
    const model = new ScriptedModel(run);
    return runAsk(ask, { client: aiModel(model), model, run });
  },
});
