/**
 * The part of `@langchain/core` that this entry works with, so that it is compiled without the package. The tests compile
 * programs of users with the real one.
 */
declare module '@langchain/core/messages' {
  interface ToolMessageFields {
    readonly content: string;
    readonly tool_call_id: string;
    readonly name: string;
    readonly status: 'success' | 'error';
    readonly artifact?: unknown;
  }

  export class ToolMessage {
    readonly type: 'tool';
    readonly content: unknown;
    readonly status?: 'success' | 'error';
    readonly artifact?: unknown;
    constructor(fields: ToolMessageFields);
  }

  export class AIMessage {
    readonly type: 'ai';
    readonly content: unknown;
    constructor(text: string);
  }
}
