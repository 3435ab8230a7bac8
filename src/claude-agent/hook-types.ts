/** What a hook of the Claude Agent SDK is told, as far as it is read here. Which fields are there depends on the event. */
export interface HookInput {
  readonly hook_event_name?: unknown;
  readonly tool_name?: unknown;
  readonly tool_use_id?: unknown;
  readonly tool_input?: unknown;
  readonly error?: unknown;
  readonly is_interrupt?: unknown;
  readonly mcp_server?: unknown;
  readonly tool_calls?: unknown;
}

/** What a hook answers. */
export interface HookAnswer {
  /** Set to end the run. */
  readonly continue?: false;
  /** Why the run ended; the user is shown it. */
  readonly stopReason?: string;
  /** Set to refuse a call. */
  readonly hookSpecificOutput?: {
    readonly hookEventName: 'PreToolUse';
    readonly permissionDecision: 'deny';
    readonly permissionDecisionReason: string;
  };
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
