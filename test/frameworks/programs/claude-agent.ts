import { type HookCallbackMatcher, type Options, query } from '@anthropic-ai/claude-agent-sdk';
import { createToolRegistry } from 'toolfuse';
import { toolfuseHooks } from 'toolfuse/claude-agent';

const registry = createToolRegistry();

const mine: HookCallbackMatcher = { matcher: 'Bash', hooks: [async () => ({ continue: true })] };
export const options: Options = {
  hooks: toolfuseHooks({
    registry,
    hooks: { PreToolUse: [mine], Stop: [mine] },
    match: 'mcp__.*',
    onPause: 'ignore',
  }),
};

for await (const message of query({ prompt: 'go', options: { hooks: toolfuseHooks({ registry }) } })) {
  console.log(message.type);
}

// @ts-expect-error: there is no such option.
toolfuseHooks({ registry, matcher: 'mcp__.*' });
// @ts-expect-error: the registry is missing.
toolfuseHooks({});
