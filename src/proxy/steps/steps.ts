import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Message } from '../wire/message.ts';
import type { Step } from './step.ts';

type Having<Hook extends keyof Step> = Step & Required<Pick<Step, Hook>>;

function having<Hook extends keyof Step>(hook: Hook, steps: readonly Step[]): readonly Having<Hook>[] {
  return steps.filter((step): step is Having<Hook> => step[hook] !== undefined);
}

/** Calls the hooks of a list of steps, in its order. A step costs nothing where it has no hook. */
export class Steps {
  readonly #requesting: readonly Having<'request'>[];
  readonly #answering: readonly Having<'answer'>[];
  readonly #dressing: readonly Having<'dress'>[];
  readonly #all: readonly Step[];
  readonly #hearing: readonly Having<'fromServer'>[];

  constructor(steps: readonly Step[]) {
    this.#all = steps;
    this.#requesting = having('request', steps);
    this.#answering = having('answer', steps);
    this.#dressing = having('dress', steps);
    this.#hearing = having('fromServer', steps);
  }

  /** @returns the answer of the first step that gives one; then the steps before it hear that the request has ended. */
  request(request: ClientRequest): Message | undefined {
    for (const step of this.#requesting) {
      const own = step.request(request);
      if (own === undefined) continue;
      this.#end(request, { how: 'refused', denial: own.denial }, step);
      return own.answer;
    }
    return undefined;
  }

  /** @returns what the client is to see of the server's answer. */
  answer(request: ClientRequest, answer: Message): Message {
    let seen = answer;
    for (const step of this.#answering) seen = step.answer(request, seen) ?? seen;
    return seen;
  }

  /** @returns what the client is to see of an answer that is remembered. */
  dress(request: ClientRequest, remembered: Message): Message {
    let seen = remembered;
    for (const step of this.#dressing) seen = step.dress(request, seen) ?? seen;
    return seen;
  }

  unanswered(request: ClientRequest, unanswered: Unanswered): void {
    this.#end(request, unanswered);
  }

  fromServer(message: Message): void {
    for (const step of this.#hearing) step.fromServer(message);
  }

  #end(request: ClientRequest, unanswered: Unanswered, before?: Step): void {
    for (const step of this.#all) {
      if (step === before) return;
      step.unanswered?.(request, unanswered);
    }
  }
}
