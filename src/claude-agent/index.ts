export type { GuardedEvent, HookAnswer, HookInput, HookMatcher } from './hook-types.ts';
export { type ToolfuseHooks, type ToolfuseHooksOptions, toolfuseHooks } from './toolfuse-hooks.ts';
