import { createParser } from 'eventsource-parser';
import { LineReader, type LongLine } from '../wire/line-reader.ts';
import type { Barrier } from './barrier.ts';
import { AnswerFault } from './delivery-fault.ts';
import type { HttpAnswer } from './http-request.ts';

export interface BodyReaderOptions {
  /** The longest message that is read, in bytes. */
  readonly maxMessageBytes: number;
  /** While it is closed, nothing more is read. */
  readonly barrier: Barrier | undefined;
}

/** An event of a stream. It holds a message, unless its data are empty. */
interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventReaderOptions extends BodyReaderOptions {
  /** Called for every chunk, heartbeats included. */
  readonly onPart: () => void;
  readonly onEvent: (event: StreamEvent) => void;
  /** A message was too long and is skipped. Its event follows without data. */
  readonly onLongMessage: (message: LongLine) => void;
  /** The server says how long to wait before resuming its stream, in ms. */
  readonly onRetry: (ms: number) => void;
}

const dataField = /^data: ?/;
const maxFieldBytes = 'data: \r\n'.length;

/** Reads the server-sent events of an answer to its end. @throws Error if the connection is lost. */
export async function readEvents(answer: HttpAnswer, options: EventReaderOptions): Promise<void> {
  const lines = eventLines(options);
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    await options.barrier?.opened;
    options.onPart();
    lines.push(chunk);
  }
}

/** Turns lines into events. If an event is too long, its data lines are dropped one by one, but its id is still read. */
function eventLines({ maxMessageBytes, onEvent, onLongMessage, onRetry }: EventReaderOptions): LineReader {
  const maxBytes = maxMessageBytes + maxFieldBytes;
  let length = 0;
  /** The ends of the current message, once it is too long. */
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
      // The parser emits no event without a data field.
      parser.feed('data:\n');
    },
  });
}

const nothing = Buffer.alloc(0);

/** Reads an answer that is one message. @throws Error if the connection is lost, AnswerFault if it is too long. */
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
