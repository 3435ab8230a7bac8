import { ToolMessage } from '@langchain/core/messages';
import { CircuitOpenError, type Correction, type Denial } from 'toolfuse';
import { read, readPath } from '../classify/read.ts';
import { resultFailure } from '../mcp/result-errors.ts';
import { isObject } from '../tools/tool.ts';

/** The call of a tool as a model asks for it. */
export interface ToolCall {
  readonly name: string;
  readonly id?: string | undefined;
  readonly args?: unknown;
}

/** The message that answers a refused call: a paragraph for the model, and the same facts as data in `artifact`. */
export function refusalMessage(denial: Denial, call: ToolCall): ToolMessage {
  const { text, data } = new CircuitOpenError(denial).toModel();
  return errorMessage(call, text, data);
}

/** A message with the error of a call. */
export const errorMessage = ({ name, id = '' }: ToolCall, content: string, artifact?: unknown): ToolMessage =>
  new ToolMessage({
    status: 'error',
    name,
    tool_call_id: id,
    content,
    ...(artifact !== undefined && { artifact }),
  });

/** The message of a call by which a run repeats itself, with the correction for the model; anything else has no place for it. */
export function correctedMessage<Answer>(answer: Answer, correction: Correction | null): Answer {
  if (correction === null || !isObject(answer)) return answer;
  const content = read(answer, 'content');
  const { text } = correction;
  if (typeof content === 'string') return withContent(answer, `${content}\n\n${text}`);
  return Array.isArray(content) ? withContent(answer, [...content, { type: 'text', text }]) : answer;
}

/** The same message with other content. The tool may keep its own, and return it again. */
function withContent<Message extends object>(message: Message, content: unknown): Message {
  const fields = Object.getOwnPropertyDescriptors(message);
  const own = { value: content, enumerable: true, configurable: true, writable: true };
  return Object.create(Object.getPrototypeOf(message), { ...fields, content: own });
}

/** What failed according to what a tool returned: a message with the status `error`, or an MCP result. Null for a success. */
function messageFailure(returned: unknown): unknown {
  if (read(returned, 'status') !== 'error') return resultFailure(returned);
  // Another guard behind this one has counted the call already.
  if (readPath(returned, ['artifact', 'error']) === 'tool_unavailable') return 'circuitOpen';
  const content = read(returned, 'content');
  return resultFailure({
    isError: true,
    content: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  });
}

/** Whether an error is LangGraph's way to leave a tool: an interrupt, or a command for the parent graph. */
export const isBubbleUp = (error: unknown): boolean => read(error, 'is_bubble_up') === true;

/** The error of the arguments that LangChain wraps into a `ToolInvocationError`; any other error is itself. */
const unwrapped = (error: unknown): unknown => {
  const toolError = read(error, 'toolError');
  return toolError instanceof Error ? toolError : error;
};

/** What a message says, without the id of the call that it answers. */
const contentOf = (returned: unknown): unknown =>
  read(returned, 'tool_call_id') === undefined ? returned : read(returned, 'content');

/** How calls of LangChain's tools end. */
export const endings = {
  failureOf: messageFailure,
  outcomeOf: contentOf,
  isControlFlow: isBubbleUp,
  unwrap: unwrapped,
};
