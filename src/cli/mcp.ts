import { UsageError } from './command.ts';

/** `toolfuse mcp` */
export function main(_args: readonly string[]): void {
  throw new UsageError('not here yet');
}
