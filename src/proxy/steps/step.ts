import type { Denial } from 'toolfuse';
import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Message } from '../wire/message.ts';

/** An answer that a step gives in the server's place. */
export interface OwnAnswer {
  readonly answer: Message;
  /** Where a circuit refused a call. */
  readonly denial?: Denial;
}

/**
 * Something that crosses the requests of a session: circuits, a log, the list of tools. A new one is a file here, and a line
 * in `session-steps.ts`, whose order is the order in which each hook is called, on the way to the server and back.
 *
 * Every hook is optional, and synchronous. A request that a step let through `request` ends once for it: by `answer`, or by
 * `unanswered`. The `ClientRequest` is the same object each time, so a step can keep by it what it knows of the request.
 *
 * @example
 * // A span for every call of a tool:
 * class Spans implements Step {
 *   readonly #spans = new Map<ClientRequest, Span>();
 *   request(request: ClientRequest): undefined {
 *     if (request.call !== undefined) this.#spans.set(request, tracer.startSpan(request.call.tool));
 *   }
 *   answer(request: ClientRequest): undefined { this.#end(request, 'answered'); }
 *   unanswered(request: ClientRequest, { how }: Unanswered): void { this.#end(request, how); }
 * }
 */
export interface Step {
  /** The client asks something. An answer keeps the request from the server, and from the steps after this one. */
  request?(request: ClientRequest): OwnAnswer | undefined;
  /** The server has answered. @returns what the client is to see instead; undefined for the answer as it is. */
  answer?(request: ClientRequest, answer: Message): Message | undefined;
  /** The server is not there, and the client is told what it answered last. @returns what the client is to see of that instead. */
  dress?(request: ClientRequest, remembered: Message): Message | undefined;
  /** The request has ended, and the server has not answered it, or not in time. */
  unanswered?(request: ClientRequest, unanswered: Unanswered): void;
  /** The server asks or tells something by itself. It reaches the client as it is. */
  fromServer?(message: Message): void;
}
