import type { ServerLink } from '../server/server-link.ts';
import type { Steps } from '../steps/steps.ts';
import { Message } from '../wire/message.ts';
import { errorAnswer } from './answers.ts';
import type { ClientRequests } from './client-requests.ts';
import { ServerRequests } from './server-requests.ts';

export interface ServerMessagesOptions {
  readonly link: Pick<ServerLink, 'takeAnswer' | 'write'>;
  readonly requests: ClientRequests;
  readonly steps: Steps;
  readonly toClient: (message: Message) => void;
}

/** What the server sends: answers, requests of its own, and notifications. */
export class ServerMessages {
  readonly #options: ServerMessagesOptions;
  readonly #asked: ServerRequests;
  /** Whether the client can answer nothing any more. */
  #isFinishing = false;

  constructor(options: ServerMessagesOptions) {
    this.#options = options;
    const { requests } = options;
    this.#asked = new ServerRequests((isWaiting) => (isWaiting ? requests.holdTime() : requests.goOn()));
  }

  /** Passes on a message of the server, or takes it. */
  take(message: Message): void {
    const { requests, steps, toClient } = this.#options;
    requests.heardServer();
    if (message.isResponse) this.#answer(message);
    else if (message.isRequest && this.#isFinishing) this.#answerInstead(message);
    else {
      if (message.isRequest) this.#asked.add(message.id as string, message.method as string);
      else if (message.method === 'notifications/progress') requests.progress(message);
      else if (message.method === 'notifications/cancelled') this.#asked.cancelled(message);
      steps.fromServer(message);
      const seen =
        message.method === 'notifications/subscriptions/acknowledged'
          ? requests.subscriptions.acknowledged(message)
          : message;
      if (seen !== undefined) toClient(seen);
    }
  }

  /** The client answers a request of the server. @returns whether the current run of the server waits for that. */
  settle(id: string): boolean {
    return this.#asked.settle(id);
  }

  /** The client sends nothing more: what the server asks, or has asked, is refused. */
  finish(): void {
    this.#isFinishing = true;
    for (const id of this.#asked.giveUp()) this.#refuse(id);
  }

  /** The server is gone: its requests are cancelled. */
  lost(why: string): void {
    for (const cancellation of this.#asked.lost(why)) this.#options.toClient(cancellation);
  }

  #answer(answer: Message): void {
    const { link, requests, toClient } = this.#options;
    if (link.takeAnswer(answer)) return;
    const seen = requests.answered(answer, answer.id as string);
    if (seen !== undefined) toClient(seen);
  }

  #answerInstead({ id, method }: Message): void {
    if (method === 'ping') this.#options.link.write(Message.answer(id as string, { result: {} }));
    else this.#refuse(id as string);
  }

  /** Answers a request of the server, which would wait for ever. */
  #refuse(id: string): void {
    this.#options.link.write(errorAnswer(id, 'The client has closed its side, and can answer nothing.'));
  }
}
