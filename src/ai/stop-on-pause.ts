import type { ToolRegistry } from 'toolfuse';
import { checkRegistry } from '../tools/options.ts';

/**
 * Makes a stop condition for the AI SDK: the loop ends after the step in which the registry called for a pause. The result then
 * has no text; `registry.recovery().reason` says why. To let the model give its last answer instead, use `fuseStep`.
 *
 * @example
 * await generateText({ model, prompt, tools, stopWhen: [stepCountIs(20), stopOnPause(registry)] });
 *
 * @throws TypeError for a value that is not a registry.
 */
export function stopOnPause(registry: ToolRegistry): () => boolean {
  checkRegistry(registry, 'stopOnPause: registry');
  return () => registry.recovery().isPaused;
}
