import { createParser } from 'eventsource-parser';
import { LineReader, type LongLine } from '../wire/line-reader.ts';
import type { Barrier } from './barrier.ts';
import { AnswerFault } from './delivery-fault.ts';
import type { HttpAnswer } from './http-request.ts';

export interface BodyReaderOptions {
  /** The longest message that is taken, in bytes. */
  readonly maxMessageBytes: number;
  /** Where it holds the reader up, nothing more is asked of the server. */
  readonly barrier: Barrier | undefined;
}

/** An event of a stream: a message, where it has data. */
interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventReaderOptions extends BodyReaderOptions {
  /** Something has come, be it that the server is alive. */
  readonly onPart: () => void;
  readonly onEvent: (event: StreamEvent) => void;
  /** A message that is too long was passed over. Its event is told as one without data. */
  readonly onLongMessage: (message: LongLine) => void;
  /** The server says how long to wait before its stream is taken up again, in ms. */
  readonly onRetry: (ms: number) => void;
}

const dataField = /^data: ?/;
const maxFieldBytes = 'data: \r\n'.length;

/** Reads the server-sent events of an answer to its end. @throws Error where the connection is lost. */
export async function readEvents(answer: HttpAnswer, options: EventReaderOptions): Promise<void> {
  const lines = eventLines(options);
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    await options.barrier?.opened;
    options.onPart();
    lines.push(chunk);
  }
}

/** Makes events of lines. Of one that is too long the data are dropped, line by line, so that its id is known none the less. */
function eventLines({ maxMessageBytes, onEvent, onLongMessage, onRetry }: EventReaderOptions): LineReader {
  const maxBytes = maxMessageBytes + maxFieldBytes;
  let length = 0;
  /** What is known of the message at hand, once it is too long. */
  let long: LongLine | undefined;
  const parser = createParser({
    onRetry,
    onEvent: ({ id, event, data }) => {
      if (long !== undefined) onLongMessage({ ...long, length });
      const isMessage = long === undefined && (event === undefined || event === 'message');
      length = 0;
      long = undefined;
      onEvent({ id, data: isMessage ? data : '' });
    },
  });
  return new LineReader({
    maxBytes,
    onLine: (line) => {
      const text = line.text('utf8', 0, line.length).replace(/^\uFEFF/, '');
      if (dataField.test(text)) length += line.length;
      if (length > maxBytes) long ??= { head: nothing, tail: nothing, length };
      if (long === undefined || !dataField.test(text)) parser.feed(text);
    },
    onLongLine: ({ head, tail, length: lineLength }) => {
      const field = dataField.exec(head.toString('latin1'))?.[0];
      if (field === undefined) return;
      length += lineLength;
      long ??= { head: head.subarray(field.length), tail, length };
      // Without any data, there would be no event.
      parser.feed('data:\n');
    },
  });
}

const nothing = Buffer.alloc(0);

/** Reads an answer that is one message. @throws Error where the connection is lost, AnswerFault where it is too long. */
export async function readText(
  answer: HttpAnswer,
  { maxMessageBytes, barrier }: BodyReaderOptions,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    await barrier?.opened;
    length += chunk.length;
    if (length > maxMessageBytes) throw tooLong(maxMessageBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const tooLong = (bytes: number): AnswerFault =>
  AnswerFault.nonsense(`its answer is longer than ${bytes} bytes (see --max-message-mb)`);
