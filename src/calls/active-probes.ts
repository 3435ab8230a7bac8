import type { CircuitState } from '../../machines/circuit-state.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { Guard } from './guard.ts';
import type { SettingsOfTools } from './tool-settings.ts';

/** Finds out whether tools work again: calls the `probe` of each whose circuit has become half-open. */
export class ActiveProbes {
  readonly #circuits: Circuits;
  readonly #guard: Guard;
  readonly #settings: SettingsOfTools;
  /** The circuits that are being probed, and what ends their probes. */
  readonly #running = new Map<CircuitActor, AbortController>();

  constructor(circuits: Circuits, guard: Guard, settings: SettingsOfTools) {
    this.#circuits = circuits;
    this.#guard = guard;
    this.#settings = settings;
  }

  /** A circuit has come into another state. */
  onState(circuit: CircuitActor, state: CircuitState): void {
    if (this.#settings.get(circuit.id)?.probe === undefined) return;
    if (state === 'halfOpen') {
      // Not in the middle of the transition: a probe is a call like any other.
      queueMicrotask(() => void this.#probe(circuit));
    } else {
      this.#running.get(circuit)?.abort();
    }
  }

  /** A circuit is known no more. */
  onForgotten(circuit: CircuitActor): void {
    this.#running.get(circuit)?.abort();
  }

  /** No probe goes on. */
  stop(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  /** Probes until the circuit is half-open no more, or a probe had nothing to say. */
  async #probe(circuit: CircuitActor): Promise<void> {
    const probe = this.#settings.get(circuit.id)?.probe;
    if (probe === undefined || this.#running.has(circuit)) return;
    const controller = new AbortController();
    this.#running.set(circuit, controller);
    const { signal } = controller;
    // Given up a little before its place is taken back: after that, its failure would be late.
    const timeoutMs = circuit.latest.context.config.probeTimeoutMs * 0.9;
    try {
      while (this.#circuits.isCurrent(circuit) && circuit.latest.value === 'halfOpen') {
        await this.#guard.execute(circuit.id, probe, { signal, timeoutMs });
      }
    } catch {
      // The circuit knows, and has opened again; or a user's call is the probe, and this one was refused.
    } finally {
      this.#running.delete(circuit);
    }
  }
}
