import type { ErrorCategory } from '../../machines/categories.ts';
import { circuitName } from '../../machines/circuit-name.ts';
import type { Denial } from '../calls/denial.ts';
import type { CallStep, PassingCall } from '../calls/steps/call-step.ts';
import { didNotGetThrough } from '../classify/transport.ts';
import type { Clock } from '../time/clock.ts';

/** How long each step lasts, in ms, and how many steps there are. The first one admits one call, each further one twice as many. */
const stepMs = 250;
const steps = 5;

interface Start {
  readonly at: number;
  readonly category: ErrorCategory | null;
  step: number;
  /** How many calls of this step were admitted. */
  admitted: number;
}

/**
 * Admits only a few calls at first of a tool that its fleet has just closed, so that all processes together do not fall upon it.
 * Each process holds back on its own: that needs no word to the others.
 */
export class SlowStart implements CallStep {
  readonly #clock: Required<Clock>;
  readonly #setIdle: (isIdle: boolean) => void;
  readonly #starts = new Map<string, Start>();

  /** @param setIdle Called with whether it has nothing to do, so that calls need not ask. */
  constructor(clock: Required<Clock>, setIdle: (isIdle: boolean) => void) {
    this.#clock = clock;
    this.#setIdle = setIdle;
  }

  begin(tool: string, category: ErrorCategory | null): void {
    this.#starts.set(tool, { at: this.#clock.now(), category, step: 0, admitted: 0 });
    if (this.#starts.size === 1) this.#setIdle(false);
  }

  end(tool: string): void {
    if (this.#starts.delete(tool) && this.#starts.size === 0) this.#setIdle(true);
  }

  /** Ends what is over, although nobody has called the tool since. */
  endOver(): void {
    const now = this.#clock.now();
    for (const [tool, { at }] of this.#starts) if (now - at >= steps * stepMs) this.end(tool);
  }

  // A field rather than a method: a step's hooks are passed on without it.
  readonly asked: NonNullable<CallStep['asked']> = (call) => {
    const { tool, key, upstream } = call;
    const ofUpstream = upstream === null ? undefined : this.#refuses(upstream, call);
    return ofUpstream ?? this.#refuses(circuitName(tool, key), call);
  };

  #refuses(circuit: string, { tool, key, upstream }: PassingCall): Denial | undefined {
    const start = this.#starts.get(circuit);
    if (start === undefined) return undefined;
    const now = this.#clock.now();
    const step = Math.floor((now - start.at) / stepMs);
    if (step >= steps) {
      this.end(circuit);
      return undefined;
    }
    if (step !== start.step) Object.assign(start, { step, admitted: 0 });
    if (start.admitted < 2 ** step) {
      start.admitted += 1;
      return undefined;
    }
    const retryAfterMs = Math.max(1, Math.ceil(start.at + (step + 1) * stepMs - now));
    const { category } = start;
    return {
      admitted: false,
      tool,
      key,
      reason: circuit === upstream ? 'upstream' : 'halfOpen',
      kind: category === null ? 'slow' : didNotGetThrough(category) ? 'unreachable' : 'rejecting',
      upstream: circuit === upstream ? upstream : null,
      retryAfterMs,
      retryAt: Math.ceil(this.#clock.wallNow() + retryAfterMs),
      probing: true,
      lastErrorCategory: category,
      lastError: null,
      alternatives: [],
    };
  }
}
