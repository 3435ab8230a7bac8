import type { Circuit } from '../circuits/circuit.ts';
import { idOf } from './keys.ts';
import { SharedCircuit } from './shared-circuit.ts';

/** The circuits of a registry that it shares with its fleet. */
export class SharedCircuits {
  readonly #isShared: (tool: string) => boolean;
  readonly #byId = new Map<string, SharedCircuit>();
  readonly #byCircuit = new Map<Circuit, SharedCircuit>();

  constructor(isShared: (tool: string) => boolean) {
    this.#isShared = isShared;
  }

  /** @returns Undefined for a circuit that is not shared. */
  add(circuit: Circuit): SharedCircuit | undefined {
    if (!this.#isShared(circuit.id)) return undefined;
    const shared = new SharedCircuit(circuit, idOf(circuit.id));
    this.#byId.set(shared.id, shared);
    this.#byCircuit.set(circuit, shared);
    return shared;
  }

  forget(circuit: Circuit): SharedCircuit | undefined {
    const shared = this.#byCircuit.get(circuit);
    if (shared === undefined) return undefined;
    this.#byCircuit.delete(circuit);
    // Another circuit of the same name may have started already.
    if (this.#byId.get(shared.id) === shared) this.#byId.delete(shared.id);
    return shared;
  }

  get(id: string): SharedCircuit | undefined {
    return this.#byId.get(id);
  }

  of(circuit: Circuit): SharedCircuit | undefined {
    return this.#byCircuit.get(circuit);
  }

  [Symbol.iterator](): Iterator<SharedCircuit> {
    return this.#byCircuit.values();
  }
}
