import { createParser } from 'eventsource-parser';
import type { HttpAnswer } from './http-request.ts';

/** An event of a stream: a message, where it has data. */
interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventReaderOptions {
  /** The longest message that is taken, in bytes. */
  readonly maxMessageBytes: number;
  readonly onEvent: (event: StreamEvent) => void;
  /** The server says how long to wait before its stream is taken up again, in ms. */
  readonly onRetry: (ms: number) => void;
}

/**
 * Reads the server-sent events of an answer to its end.
 *
 * @throws Error where the connection is lost, or a message is too long.
 */
export async function readEvents(answer: HttpAnswer, options: EventReaderOptions): Promise<void> {
  const { maxMessageBytes, onEvent, onRetry } = options;
  const decoder = new TextDecoder();
  let fault: Error | undefined;
  const parser = createParser({
    maxBufferSize: maxMessageBytes,
    onRetry,
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') fault = tooLong(maxMessageBytes);
    },
    onEvent: ({ id, event, data }) => {
      const isMessage = event === undefined || event === 'message';
      onEvent({ id, data: isMessage ? data : '' });
    },
  });
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (fault !== undefined) throw fault;
  }
}

/** Reads an answer that is one message. @throws Error where the connection is lost, or the message is too long. */
export async function readText(answer: HttpAnswer, maxMessageBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxMessageBytes) throw tooLong(maxMessageBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLong = (bytes: number): Error =>
  Object.assign(new Error(`its answer is longer than ${bytes} bytes (see --max-message-mb)`), {
    status: 502,
  });
