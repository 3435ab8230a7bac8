/** What a hook of the Claude Agent SDK is told, as far as it is read here. Which fields are there depends on the event. */
export interface HookInput {
  readonly hook_event_name?: unknown;
  readonly tool_name?: unknown;
  readonly tool_use_id?: unknown;
  readonly tool_input?: unknown;
  readonly tool_response?: unknown;
  readonly session_id?: unknown;
  readonly agent_id?: unknown;
  readonly error?: unknown;
  readonly is_interrupt?: unknown;
  readonly mcp_server?: unknown;
  readonly tool_calls?: unknown;
}

/** The events after which the model can be told something. */
export type CorrectingEvent = 'PostToolUse' | 'PostToolUseFailure';

/** What a hook answers. */
export interface HookAnswer {
  /** Set to end the run. */
  readonly continue?: false;
  /** Why the run ended; the user is shown it. */
  readonly stopReason?: string;
  /** Set to refuse a call, or to tell the model something besides its answer. */
  readonly hookSpecificOutput?:
    | {
        readonly hookEventName: 'PreToolUse';
        readonly permissionDecision: 'deny';
        readonly permissionDecisionReason: string;
      }
    | { readonly hookEventName: CorrectingEvent; readonly additionalContext: string };
}

/** A hook, and the tools whose calls it is told of: a pattern for their names; all if it is left out. */
export interface HookMatcher {
  matcher?: string;
  hooks: ((input: HookInput) => Promise<HookAnswer>)[];
}

/** The events that the guard listens to. */
export const guardedEvents = [
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'PermissionDenied',
  'PostToolBatch',
] as const;

export type GuardedEvent = (typeof guardedEvents)[number];
