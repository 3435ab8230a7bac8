import type { ToolRegistry } from 'toolfuse';
import type { ImportReal } from '../rows.ts';

/** The tool of a recipe. */
export type Search = (query: string, signal?: AbortSignal) => Promise<string>;

/** What an agent is run with. */
export interface RecipeRun {
  readonly registry: ToolRegistry;
  readonly search: Search;
  /** How many times the model calls the search, once a turn, before it answers "done". */
  readonly calls: number;
  readonly signal?: AbortSignal;
}

/** What came of a run. */
export interface RecipeEnd {
  /** What the model read of each call, up to its last turn. */
  readonly read: readonly string[];
  /** How many turns the model had. */
  readonly turns: number;
  /** What the recipe answered; undefined if it rejected. */
  readonly answer: string | undefined;
}

/** A recipe with a stand-in for its model. */
export interface Recipe {
  run(run: RecipeRun): Promise<RecipeEnd>;
}

/** Takes the turns of a model that calls the search so many times. */
export class ScriptedModel {
  #read: readonly string[] = [];
  #turns = 0;
  readonly #calls: number;

  constructor({ calls }: RecipeRun) {
    this.#calls = calls;
  }

  /**
   * Takes a turn.
   *
   * @param read What the model reads of all its calls so far.
   * @returns Whether it calls the search; otherwise it answers "done".
   */
  next(read: readonly string[]): boolean {
    this.#read = read;
    this.#turns += 1;
    return this.#turns <= this.#calls;
  }

  /** How a run ended. */
  async endOf(run: Promise<string>): Promise<RecipeEnd> {
    const answer = await run.catch(() => undefined);
    return { read: this.#read, turns: this.#turns, answer };
  }
}

/** The function that a recipe exports. `Client` is what it reaches its model by. */
export type Ask<Client> = (
  question: string,
  client: Client,
  search: Search,
  registry: ToolRegistry,
  signal?: AbortSignal,
) => Promise<string>;

/** Runs the function of a recipe once, with its model. */
export const runAsk = <Client>(
  ask: Ask<Client>,
  { client, model, run }: { client: Client; model: ScriptedModel; run: RecipeRun },
): Promise<RecipeEnd> => model.endOf(ask('When?', client, run.search, run.registry, run.signal));

/** What a file beside this one exports: how the function of a recipe is run. */
export interface RecipeModule {
  /** @param ask The function that the recipe in docs/frameworks.md exports. */
  readonly load: (importReal: ImportReal, ask: never) => Promise<Recipe>;
}
