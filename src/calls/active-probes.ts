import type { CircuitState } from '../../machines/circuit-state.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { CallContext } from './call.ts';
import type { Guard } from './guard.ts';
import type { SettingsOfTools } from './tool-settings.ts';

/** Finds out whether tools work again by calling a tool's own `probe` when its circuit becomes half-open. */
export class ActiveProbes {
  readonly #circuits: Circuits;
  readonly #guard: Guard;
  readonly #settings: SettingsOfTools;
  /** The circuits that are being probed, each with the controller that aborts its probe. */
  readonly #running = new Map<Circuit, AbortController>();

  constructor(circuits: Circuits, guard: Guard, settings: SettingsOfTools) {
    this.#circuits = circuits;
    this.#guard = guard;
    this.#settings = settings;
  }

  /** Starts probing a circuit that has become half-open; any other state ends its probe. */
  onState(circuit: Circuit, state: CircuitState): void {
    const probe = this.#settings.get(circuit.tool)?.probe;
    if (probe === undefined) return;
    if (state === 'halfOpen') {
      // Deferred, because a probe is an ordinary call and must not run in the middle of a transition.
      queueMicrotask(() => void this.#probe(circuit, probe));
    } else {
      this.#running.get(circuit)?.abort();
    }
  }

  /** Ends the probe of a circuit that has been forgotten. */
  onForgotten(circuit: Circuit): void {
    this.#running.get(circuit)?.abort();
  }

  /** Probes until the circuit leaves the half-open state or a probe fails. */
  async #probe(circuit: Circuit, probe: (context: CallContext) => unknown): Promise<void> {
    if (this.#running.has(circuit)) return;
    const controller = new AbortController();
    this.#running.set(circuit, controller);
    const { signal } = controller;
    // The probe times out shortly before its slot is reclaimed: after that, its failure would be late and count for nothing.
    const timeoutMs = circuit.latest.context.config.probeTimeoutMs * 0.9;
    // A call whose result is a stream would last until somebody has read that.
    const call = async (context: CallContext): Promise<void> => void (await probe(context));
    try {
      while (this.#circuits.isCurrent(circuit) && circuit.latest.value === 'halfOpen') {
        await this.#guard.execute(circuit.tool, call, { key: circuit.key, signal, timeoutMs });
      }
    } catch {
      // Nothing to do: either the circuit has recorded the failure, or a user's call took the slot and this one was refused.
    } finally {
      this.#running.delete(circuit);
    }
  }
}
