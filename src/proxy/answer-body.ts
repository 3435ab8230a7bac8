import { createParser } from 'eventsource-parser';

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
export async function readEvents(response: Response, options: EventReaderOptions): Promise<void> {
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
  for await (const chunk of chunksOf(response)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (fault !== undefined) throw fault;
  }
}

/** Reads an answer that is one message. @throws Error where the connection is lost, or the message is too long. */
export async function readText(response: Response, maxMessageBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response)) {
    length += chunk.length;
    if (length > maxMessageBytes) throw tooLong(maxMessageBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The DOM's types do not know that a stream can be walked through. */
const chunksOf = (response: Response): AsyncIterable<Uint8Array> =>
  (response.body ?? new Blob([]).stream()) as unknown as AsyncIterable<Uint8Array>;

const tooLong = (bytes: number): Error =>
  Object.assign(new Error(`its answer is longer than ${bytes} bytes (see --max-message-mb)`), {
    status: 502,
  });
