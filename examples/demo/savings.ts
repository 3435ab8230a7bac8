import { DEFAULT_REQUEST_TIMEOUT_MSEC as sdkTimeoutMs } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { span } from '../../src/cli/demo/timeline.ts';
import type { FileServer } from './file-server.ts';

export type Outcome = 'done' | 'failed' | 'denied';

export interface Stopwatch {
  elapsedMs(): number;
  end(outcome: Outcome): void;
}

interface Attempt {
  readonly outcome: Outcome;
  readonly tookMs: number;
  /** The server's condition when the call began or was denied. */
  readonly server: FileServer['condition'];
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Estimates from the measured calls how much time the denials saved. */
export class Savings {
  readonly #attempts: Attempt[] = [];

  measure(server: FileServer['condition']): Stopwatch {
    const startedAt = performance.now();
    const elapsedMs = (): number => performance.now() - startedAt;
    return { elapsedMs, end: (outcome) => this.#attempts.push({ outcome, tookMs: elapsedMs(), server }) };
  }

  count(outcome: Outcome, server?: FileServer['condition']): number {
    return this.#of(outcome, server).length;
  }

  /** The totals. Only calls to a hung server cost time, because a dead one fails at once. */
  lines(): string[] {
    const hung = this.#worth('hung');
    const dead = this.#worth('dead');
    return [
      `${this.count('done') + this.count('failed')} calls made: ${this.count('done')} done, ${this.count('failed')} failed.`,
      `${this.count('denied')} calls denied, that is, not made:`,
      `  ${hung.denied} while the server hung. ${hung.sum}`,
      `    With the SDK's own timeout of ${span(sdkTimeoutMs)}: ${hung.denied} x ${span(sdkTimeoutMs)} = ${span(hung.denied * sdkTimeoutMs)}.`,
      `  ${dead.denied} while it was dead. ${dead.sum}`,
      `  ${this.count('denied', 'up')} after it was back. They would have worked: that is the price.`,
    ];
  }

  #worth(server: 'hung' | 'dead'): { denied: number; sum: string } {
    const denied = this.count('denied', server);
    const failed = this.#of('failed', server).map(({ tookMs }) => tookMs);
    const typicalMs = median(failed);
    const sum = `${denied} x ${span(typicalMs)} (median of ${failed.length} failed calls) = ${span(denied * typicalMs)} not waited.`;
    return { denied, sum };
  }

  #of(outcome: Outcome, server?: FileServer['condition']): Attempt[] {
    return this.#attempts.filter(
      (attempt) => attempt.outcome === outcome && (server === undefined || attempt.server === server),
    );
  }
}
