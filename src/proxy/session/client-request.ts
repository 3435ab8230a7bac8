import type { Era } from '../wire/era.ts';
import type { Message } from '../wire/message.ts';
import type { ToolCall } from '../wire/tool-call.ts';

/** A request of the client. One object represents it from its arrival to its end. */
export interface ClientRequest {
  readonly message: Message;
  /** What the server gets: the same, unless a step has put something else there, such as another context of a trace. */
  forServer: Message;
  /** The id, as JSON text. */
  readonly id: string;
  readonly method: string;
  /** The era that its answer has to be of. */
  readonly era: Era;
  /** What it says as a call of a tool; undefined for every other request. */
  readonly call: ToolCall | undefined;
  /** How long its answer may take, from the request or its last sign of progress, in ms; `Infinity` for any time. */
  readonly waitMs: number;
  /** When the client asked, in ms of `performance.now()`. */
  readonly askedAt: number;
  /** When that time is over, in ms of `performance.now()`. Set when the request starts to wait. */
  dueAt: number;
}
