import { boundedName } from './bounded-name.ts';
import { type Era, versionKey } from './era.ts';
import { MemberReader } from './json-members.ts';
import type { Message } from './message.ts';

/** What the proxy needs to know about a tool call. */
export interface ToolCall {
  /** Its name. Of one that is too long, only a part. */
  readonly tool: string;
  /** Whether the client waits for a task instead of a result. */
  readonly isTask: boolean;
  /** The token in the server's progress notifications for this call, as JSON text. */
  readonly progressToken: string | undefined;
  readonly era: Era;
}

/** Reads a call in one pass over its parameters, because every call comes through here. */
export function readToolCall(message: Message): ToolCall {
  let tool = '';
  let isTask = false;
  let progressToken: string | undefined;
  let era: Era = 'legacy';
  const params = message.content();
  while (params?.next()) {
    if (params.isNamed('name')) tool = boundedName(message.textOf(params) ?? '');
    else if (params.isNamed('task')) isTask = true;
    else if (params.isNamed('_meta')) {
      const meta = new MemberReader(message.line, params.start);
      while (meta.next()) {
        if (meta.isNamed('progressToken')) progressToken = message.idIn(meta);
        else if (meta.isNamed(versionKey)) era = 'modern';
      }
    }
  }
  return { tool, isTask, progressToken, era };
}
