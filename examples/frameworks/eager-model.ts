/** What a model says in a turn: its answer, or a tool that it calls. */
export type Turn = string | readonly { readonly tool: string }[];

/** How often a model calls a failing tool for one question before it gives the question up. */
const patience = 6;

const questions = ['When were statecharts invented?', 'By whom?', 'Where?'] as const;

/**
 * Stands in for a model, and behaves as models do: it repeats a call that fails, with other words or the same, and asks on with the
 * next question; it believes a refusal that says that the call did not run, and goes on with its other work.
 */
export class EagerModel {
  #question = 0;
  #tries = 0;
  #hasRead = false;
  turns = 0;
  /** All that the model has read, at four characters a token: each turn, it reads everything again. */
  tokens = 0;

  /**
   * Decides on the next turn.
   *
   * @param prompt What the model reads.
   * @param last What its last call was answered with; undefined before the first.
   */
  next(prompt: string, last: string | undefined): Turn {
    this.turns += 1;
    this.tokens += Math.ceil(prompt.length / 4);
    if (last !== undefined && !this.#hasRead) this.#take(last);
    if (this.#question < questions.length) {
      this.#tries += 1;
      return [{ tool: 'search' }];
    }
    if (!this.#hasRead) {
      this.#hasRead = true;
      return [{ tool: 'notes' }];
    }
    return 'My notes say: 1984. The search is down, so that is all that I know.';
  }

  #take(answer: string): void {
    if (answer.includes('The call did not run')) this.#question = questions.length;
    else if (answer.includes('found') || this.#tries >= patience) {
      this.#question += 1;
      this.#tries = 0;
    }
  }
}
