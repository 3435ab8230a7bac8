export { guardTools } from './guard-tools.ts';
export type { GuardToolsOptions } from './options.ts';
export type { OutputOf, ToolIn } from './tool.ts';
