import { MemberReader } from './json-members.ts';
import type { Message } from './message.ts';

/** What a tool call says of itself. */
export interface ToolCall {
  readonly tool: string;
  /** Whether the client waits for a task instead of a result. */
  readonly isTask: boolean;
  /** With which the server tells its progress, as JSON text. */
  readonly progressToken: string | undefined;
}

/** Reads a call in one walk through its parameters, since every call passes here. */
export function readToolCall(message: Message): ToolCall {
  let tool = '';
  let isTask = false;
  let progressToken: string | undefined;
  const params = message.content();
  while (params?.next()) {
    if (params.isNamed('name')) tool = message.textOf(params) ?? '';
    else if (params.isNamed('task')) isTask = true;
    else if (params.isNamed('_meta')) {
      const meta = new MemberReader(message.line, params.start);
      while (meta.next()) if (meta.isNamed('progressToken')) progressToken = message.idIn(meta);
    }
  }
  return { tool, isTask, progressToken };
}
