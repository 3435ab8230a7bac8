/** A call of a tool, as a model asks for it. */
export interface ModelCall {
  readonly tool: string;
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What a model says in a turn: its answer, or a tool that it calls. */
export type Turn = string | readonly ModelCall[];

/** The job of a model, and its means. */
export interface EagerModelOptions {
  /** What it searches for, one after the other. */
  readonly questions: readonly string[];
  /** The notes that it reads, for which it needs no search. */
  readonly notes: readonly string[];
  /** Whether it has a tool to wait with, and so can call again when a refusal says. Default: it goes on without. */
  readonly canWait?: boolean;
  /** What it answers in the end. */
  readonly answer: (model: EagerModel) => string;
}

/** How often a model calls a failing tool for one question before it gives the question up. */
const patience = 6;

/**
 * Stands in for a model, and behaves as models do: it repeats a call that fails, with other words or the same, and asks on with the
 * next question; it believes a refusal that says that the call did not run, and goes on with its other work.
 */
export class EagerModel {
  readonly #options: EagerModelOptions;
  readonly #notes: string[];
  #question = 0;
  #tries = 0;
  #called: string | undefined;
  /** How long the search is not to be called, in s, as its last refusal says; undefined if it was not refused. */
  #refusedFor: number | undefined;
  turns = 0;
  /** How many questions the search has answered. */
  answered = 0;
  /** All that the model has read, at four characters a token: each turn, it reads everything again. */
  tokens = 0;

  constructor(options: EagerModelOptions) {
    this.#options = options;
    this.#notes = [...options.notes];
  }

  /**
   * Decides on the next turn.
   *
   * @param prompt What the model reads.
   * @param last What its last call was answered with; undefined before the first.
   */
  next(prompt: string, last: string | undefined): Turn {
    this.turns += 1;
    this.tokens += Math.ceil(prompt.length / 4);
    if (last !== undefined && this.#called === 'search') this.#take(last);
    const call = this.#choose();
    this.#called = call?.tool;
    return call === undefined ? this.#options.answer(this) : [call];
  }

  /** The next call; undefined if there is nothing left to do. */
  #choose(): ModelCall | undefined {
    const { questions, canWait = false } = this.#options;
    const question = questions[this.#question];
    if (question !== undefined && this.#refusedFor === undefined) {
      this.#tries += 1;
      return { tool: 'search', input: { query: question } };
    }
    const note = this.#notes.shift();
    if (note !== undefined) return { tool: 'notes', input: { name: note } };
    if (question === undefined || !canWait) return undefined;
    const seconds = this.#refusedFor;
    this.#refusedFor = undefined;
    return { tool: 'wait', input: { seconds } };
  }

  #take(answer: string): void {
    if (answer.includes('The call did not run')) {
      this.#refusedFor = Number(/within the next (\d+) s/.exec(answer)?.[1] ?? 1);
      return;
    }
    const isFound = answer.includes('found');
    if (isFound) this.answered += 1;
    if (isFound || this.#tries >= patience) {
      this.#question += 1;
      this.#tries = 0;
    }
  }
}
