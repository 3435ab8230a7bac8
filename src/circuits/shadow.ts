import { transition } from 'xstate';
import { backoffLeftMs, type PermitStamp, type ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { type CircuitState, stateOf } from '../../machines/circuit-state.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import { consecutiveFailures } from '../../machines/trip-strategy.ts';
import { answerTo } from './foresight.ts';

/**
 * The life that an observed circuit would have had: the same chart, told of the same results, except those of calls that it
 * would have refused. It has no actor and no timers, because a request checks the time itself.
 */
export class Shadow {
  #snapshot: ToolCircuitSnapshot;

  /** @param snapshot What the circuit was when it began to observe. */
  constructor(snapshot: ToolCircuitSnapshot) {
    const context = { ...snapshot.context, isObserved: false, tripIsSpared: false, mayTrip };
    this.#snapshot = toolCircuitMachine.resolveState({ value: snapshot.value, context });
    // An operator's isolation or disabling is the circuit's own, and not what its calls called for.
    if (this.state === 'isolated' || this.state === 'disabled') this.tell({ type: 'CLOSE' });
  }

  get snapshot(): ToolCircuitSnapshot {
    return this.#snapshot;
  }

  get state(): CircuitState {
    return stateOf(this.#snapshot);
  }

  /** The state at an instant: without a timer, an elapsed backoff shows only here. */
  stateAt(now: number): CircuitState {
    const isOver = this.state === 'open' && backoffLeftMs(this.#snapshot.context, now) === 0;
    return isOver ? 'halfOpen' : this.state;
  }

  /** Asks for permission to make a call; null if it would have been refused. */
  request(at: number): PermitStamp | null {
    const before = this.#snapshot.context;
    if (this.state === 'closed') return { generation: before.generation, probeStart: null };
    this.tell({ type: 'REQUEST', at });
    return answerTo(at, before, this.#snapshot.context);
  }

  tell(event: ToolCircuitEvent): void {
    const { value, context } = this.#snapshot;
    // As in the circuit itself: such a success changes nothing, and nearly all results are such.
    const isHealthy = value === 'closed' && context.failureCount === 0;
    if (event.type === 'SUCCESS' && isHealthy && context.config.trip === consecutiveFailures) return;
    this.#snapshot = transition(toolCircuitMachine, this.#snapshot, event)[0];
  }
}

const mayTrip = (): boolean => true;
