export { type DeniedResult, deniedResult } from './denied-result.ts';
export { type ResultErrors, resultFailure } from './result-errors.ts';
export { ToolFailure } from './tool-failure.ts';
