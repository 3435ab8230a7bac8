import { setTimeout as sleep } from 'node:timers/promises';
import { askStatus } from './ask-status.ts';
import { statusText } from './status-text.ts';

/** How often the proxies are asked, in ms. */
const everyMs = 1_000;

/** Moves to the top left, and clears what is below. */
const clear = '\u001b[H\u001b[2J';

/** The required part of a terminal. */
interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface WatchOptions {
  readonly ask?: typeof askStatus;
  /** Waits between two looks. */
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Ends the watch. Default: never, but for the end of the process. */
  readonly signal?: AbortSignal;
}

/** Shows the status of all running proxies again each second; in anything but a terminal, only when it has changed. */
export async function watchStatus(
  screen: Screen,
  { ask = askStatus, wait = sleep, signal }: WatchOptions = {},
): Promise<void> {
  let last = '';
  while (!signal?.aborted) {
    const text = statusText(await ask());
    const time = new Date().toTimeString().slice(0, 8);
    if (screen.isTTY) screen.write(`${clear}toolfuse ${time}, every second; Ctrl+C ends it\n\n${text}\n`);
    else if (text !== last) screen.write(`${last === '' ? '' : '\n'}${time}\n${text}\n`);
    last = text;
    await wait(everyMs);
  }
}
