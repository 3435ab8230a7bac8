import type { ProxyOptions } from '../options/read.ts';
import { UsageError } from '../options/usage-error.ts';
import { MemoryFile } from './memory-file.ts';
import { memoryKey } from './memory-key.ts';
import { SecretValues } from './secret-values.ts';
import { ServerMemory } from './server-memory.ts';

/**
 * The memory that the options ask for: without a word, one beside `--state`, since whoever keeps circuits there wants the proxy to go
 * on where it was. Undefined for none.
 *
 * @throws UsageError where there is no place for it.
 */
export function memoryOf(
  options: ProxyOptions,
  onTrouble: (what: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): ServerMemory | undefined {
  const { state, memory = state !== undefined } = options;
  if (!memory) return undefined;
  if (state === undefined) throw new UsageError('--memory needs --state FILE, beside which it is kept');
  const file = new MemoryFile(`${state}.memory`, memoryKey(options, environment, folder));
  return new ServerMemory({ file, secrets: new SecretValues(options, environment), onTrouble });
}
