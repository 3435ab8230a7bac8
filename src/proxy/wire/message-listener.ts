import type { Line } from './line.ts';
import type { LongLine } from './line-reader.ts';
import { Message } from './message.ts';

/** Hears what one side says. Each of its lines is read once, here. */
export interface MessageListener {
  readonly onMessage: (message: Message) => void;
  /** A line that is not JSON-RPC. */
  readonly onGarbage: (line: Line) => void;
  /** A line that is longer than the proxy passes on, once it has ended. */
  readonly onLongLine: (line: LongLine) => void;
}

/** Reads a line, and tells its message, or the messages of its batch. */
export function tellMessages(line: Line, { onMessage, onGarbage }: MessageListener): void {
  const messages = Message.readLine(line);
  if (messages === undefined) onGarbage(line);
  else for (const message of messages) onMessage(message);
}
