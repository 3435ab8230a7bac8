import type { Line } from './line.ts';
import type { LongLine } from './line-reader.ts';
import { Message } from './message.ts';

/** Receives what one side sends. Each line is parsed once, by `tellMessages`. */
export interface MessageListener {
  readonly onMessage: (message: Message) => void;
  /** A line that is not JSON-RPC. */
  readonly onGarbage: (line: Line) => void;
  /** A line that was too long to pass on. Only its two ends were kept. */
  readonly onLongLine: (line: LongLine) => void;
}

/** Parses a line and hands on its message, or each message of its batch. */
export function tellMessages(line: Line, { onMessage, onGarbage }: MessageListener): void {
  const messages = Message.readLine(line);
  if (messages === undefined) onGarbage(line);
  else for (const message of messages) onMessage(message);
}
