import { retryAfterMs } from '../../classify/retry-after.ts';
import { faultsOf, hasNotRun } from '../server/delivery-fault.ts';
import type { ClientRequest } from './client-request.ts';

export interface SecondTriesOptions {
  /** Whether a tool may be called twice: it changes nothing, or the same thing again. */
  readonly isRepeatable: (tool: string) => boolean;
  /** A call is sent once more. */
  readonly onTry: (tool: string, why: string) => void;
}

/** How long a server that asks for a pause may be waited for, in ms. The model can wait as well. */
const maxPauseMs = 2_000;

/** Which calls are sent once more: those that surely did not run, and those of tools that may be called twice. No call a third time. */
export class SecondTries {
  readonly #options: SecondTriesOptions;
  readonly #tried = new WeakSet<ClientRequest>();

  constructor(options: SecondTriesOptions) {
    this.#options = options;
  }

  /** The server was lost while a call was under way. */
  afterLoss({ call }: ClientRequest): boolean {
    return call !== undefined && !call.isTask && this.#options.isRepeatable(call.tool);
  }

  /** A call did not reach the server, or its answer did not reach the proxy. @returns how soon to send it again, in ms; undefined for never. */
  pauseAfterFault(request: ClientRequest, error: unknown): number | undefined {
    const { call } = request;
    if (call === undefined || call.isTask || this.#tried.has(request) || isFinal(error)) return undefined;
    if (!hasNotRun(error) && !this.#options.isRepeatable(call.tool)) return undefined;
    const pauseMs = Math.max(retryAfterMs(error, Date.now()) ?? 0, firstPauseMs);
    return pauseMs <= maxPauseMs ? pauseMs : undefined;
  }

  /** A call is sent once more. */
  tries(request: ClientRequest, why: string): void {
    this.#tried.add(request);
    this.#options.onTry(request.call?.tool ?? '', why);
  }

  hasTried(request: ClientRequest): boolean {
    return this.#tried.has(request);
  }
}

/** How long to wait before a second try, in ms: what refuses one call often refuses the next at the same moment. */
const firstPauseMs = 500;

/** Whether the server, or somebody before it, would refuse the call again. */
function isFinal(error: unknown): boolean {
  for (const { status } of faultsOf(error))
    if (typeof status === 'number' && status >= 300 && status < 500 && ![408, 425, 429].includes(status))
      return true;
  return false;
}
