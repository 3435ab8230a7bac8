import { parseArgs } from 'node:util';
import { systemClock } from 'toolfuse';
import { UsageError } from '../proxy/options/usage-error.ts';
import { startSearchServer } from './demo/search-server.ts';
import { searchLimitMs, tellStory } from './demo/story.ts';
import { onLauncherGone } from './launcher.ts';

const help = `Shows a circuit at work: the same agent, without and with toolfuse, with a server that hangs for a while.

Usage: toolfuse demo [options]

  --help    print this

It takes about 20 s, needs no network, and leaves nothing behind. Ctrl+C ends it. NO_COLOR=1 leaves out the colours.`;

/** `toolfuse demo`. */
export async function main(args: readonly string[]): Promise<void> {
  if (read(args).help) return console.log(help);
  // Somebody has seen enough: `toolfuse demo | head`.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  onLauncherGone(() => process.exit(0));
  await tellStory({
    screen: process.stdout,
    clock: systemClock,
    startServer: () => startSearchServer(searchLimitMs),
  });
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h', default: false } },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
