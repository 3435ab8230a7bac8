import type { HookAnswer, HookInput } from '../../claude-agent/hook-types.ts';
import { serverOf } from '../../claude-agent/server-of.ts';
import { circuitIn, type HookDocument, HookFile } from './hook-file.ts';
import { type HookOptions, wholeName } from './hook-options.ts';

const noAnswer: HookAnswer = Object.freeze({});

/**
 * Answers one event of Claude Code. A hook runs for each call, and most calls are of healthy tools: for those, the state is read and
 * nothing else is loaded. The circuits themselves are loaded where one of them could change, or could refuse the call.
 */
export async function answerHook(input: HookInput, options: HookOptions): Promise<HookAnswer> {
  const file = new HookFile(options.state);
  if (!mattersTo(file.read(), input, options)) return noAnswer;
  const { decide } = await import('./decide.ts');
  return file.update((document) => decide(document, input, options));
}

/** Whether an event can change a circuit, or be answered by one. */
function mattersTo(document: HookDocument, input: HookInput, { match, onPause }: HookOptions): boolean {
  const { hook_event_name: event, tool_name: tool, tool_use_id: id } = input;
  const isProbe = typeof id === 'string' && Object.hasOwn(document.calls, id);
  if (event === 'PermissionDenied') return isProbe;
  if (event === 'PostToolBatch') {
    const circuits = document.registry?.circuits ?? [];
    const mayPause = document.isPauseTold || circuits.some(({ state }) => state !== 'closed');
    return (onPause === 'stop' && mayPause) || Object.keys(document.calls).length > 0;
  }
  if (typeof tool !== 'string' || typeof id !== 'string' || !wholeName(match).test(tool)) return false;
  const circuits = [circuitIn(document, tool), circuitIn(document, serverOf(input, tool))];
  switch (event) {
    case 'PreToolUse':
      return circuits.some((circuit) => circuit !== undefined && circuit.state !== 'closed');
    case 'PostToolUse':
      return (
        isProbe ||
        circuits.some(
          (circuit) => circuit !== undefined && (circuit.state !== 'closed' || circuit.failureCount > 0),
        )
      );
    case 'PostToolUseFailure':
      return isProbe || input.is_interrupt !== true;
    default:
      return false;
  }
}
