import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import { admissionBy, isProbe } from '../circuits/admission.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { refusesNow } from '../circuits/comeback.ts';
import { RegistryStoppedError } from '../circuits/registry-stopped-error.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import { CallKeys, type CallTarget } from './call-keys.ts';
import { type CallNeeds, checkUpstream, runOf } from './call-options.ts';
import type { CircuitTeller } from './circuit-teller.ts';
import { type Denial, denialOf } from './denial.ts';
import type { PassingCall } from './steps/call-step.ts';
import type { CallSteps } from './steps/call-steps.ts';
import type { SettingsOfTools } from './tool-settings.ts';

/** The parts that admissions work with. */
export interface AdmissionsOptions {
  readonly circuits: Circuits;
  readonly clock: Required<Clock>;
  readonly teller: CircuitTeller;
  readonly steps: CallSteps;
  readonly settings: SettingsOfTools;
}

/** Admits calls or refuses them, by asking the steps, the upstream's circuit and the tool's circuit. */
export class Admissions {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #teller: CircuitTeller;
  readonly #steps: CallSteps;
  readonly #settings: SettingsOfTools;
  readonly keys: CallKeys;

  constructor({ circuits, clock, teller, steps, settings }: AdmissionsOptions) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#teller = teller;
    this.#steps = steps;
    this.#settings = settings;
    this.keys = new CallKeys(settings);
  }

  /**
   * Asks for permission to make one call.
   *
   * @throws RegistryStoppedError once the registry has stopped, RangeError for an invalid upstream.
   */
  ask(name: string, needs: CallNeeds): AdmittedCall | Denial {
    const { upstream } = needs;
    if (upstream !== undefined) checkUpstream(name, upstream);
    if (this.#circuits.isStopped) throw new RegistryStoppedError(name);
    const key = this.keys.of(name, needs);
    return this.#steps.seesCalls
      ? this.#askInSteps(name, key, needs)
      : this.#askCircuits(name, key, upstream);
  }

  /** The cached permission for a call without options; undefined if there is none, so that it has to be asked for. */
  free(name: string): AdmittedCall | undefined {
    if (this.#circuits.isStopped || this.#steps.seesCalls) return undefined;
    const circuit = this.#circuits.touch(name);
    const admitted = circuit?.freeAdmission;
    if (admitted === undefined || admitted.circuit.upstream !== undefined) return undefined;
    return this.#shouldTime(admitted.circuit) ? undefined : admitted;
  }

  /** Whether a call may be made. Its result will be reported without a permit. */
  allows(name: string, target: CallTarget): boolean {
    if (this.#circuits.isStopped) return false;
    const key = this.keys.of(name, target);
    if (this.#steps.seesCalls) return this.#askInSteps(name, key, target).admitted;
    const circuit = key === null ? this.#circuits.touch(name) : this.#circuits.useFor(name, key);
    if (circuit === undefined) return this.#allowsFirst(name);
    if (circuit.upstream !== undefined || circuit.shadow !== undefined) {
      return this.#askCircuits(name, key, undefined).admitted;
    }
    return this.#admit(circuit) !== null;
  }

  /** An unused tool's own circuit admits every call, but its upstream may not, nor a fleet. */
  #allowsFirst(name: string): boolean {
    const isAlone = this.#settings.get(name)?.upstream === undefined && !this.#circuits.areShared;
    return isAlone || this.#askCircuits(name, null, undefined).admitted;
  }

  #askInSteps(name: string, key: string | null, needs: CallNeeds): AdmittedCall | Denial {
    const { upstream, input } = needs;
    const passing: PassingCall = {
      tool: name,
      key,
      input,
      run: runOf(needs.run),
      upstream: upstream ?? this.#settings.get(name)?.upstream ?? null,
    };
    const asked = this.#steps.asked(passing) ?? this.#askCircuits(name, key, upstream);
    if (!asked.admitted) {
      this.#steps.refused(passing, asked);
      return asked;
    }
    this.#steps.admitted(passing, isProbe(asked));
    return { ...asked, passing };
  }

  #askCircuits(name: string, key: string | null, upstreamOfCall: string | undefined): AdmittedCall | Denial {
    const circuit = key === null ? this.#circuits.use(name) : this.#circuits.useFor(name, key);
    const upstream = upstreamOfCall ?? circuit.upstream;
    if (upstream !== undefined) return this.#askBoth(circuit, this.#circuits.useUpstream(circuit, upstream));
    const admitted = this.#admit(circuit);
    if (admitted === null) return this.#denial(circuit, circuit);
    if (admitted.shadow === null) this.#spare(circuit, circuit);
    return this.#shouldTime(circuit) ? { ...admitted, startedAt: this.#clock.now() } : admitted;
  }

  /** Asks the circuits of a tool and of its upstream for permission. */
  #askBoth(circuit: Circuit, upstreamCircuit: Circuit): AdmittedCall | Denial {
    // The upstream is asked first, so that the tool's own probe slot is not spent on a call that cannot be made.
    const upstream = this.#isSparedBy(upstreamCircuit, circuit) ? null : this.#admit(upstreamCircuit);
    // An operator's isolation holds for observed tools as well.
    if (upstream === null && (circuit.shadow === undefined || upstreamCircuit.latest.value === 'isolated')) {
      circuit.upstreamDenials += 1;
      return this.#denial(upstreamCircuit, circuit);
    }
    const isSpared = upstream === null || upstream.shadow === null;
    const admitted = this.#admit(circuit, isSpared);
    if (admitted === null) {
      if (upstream !== null) this.#teller.giveBack(upstream);
      return this.#denial(circuit, circuit);
    }
    if (isSpared) this.#spare(circuit, upstreamCircuit);
    else if (admitted.shadow === null) {
      this.#teller.giveBackShadow(upstream);
      this.#spare(circuit, circuit);
    }
    const isTimed = this.#shouldTime(circuit) || upstreamCircuit.isTimed;
    const startedAt = isTimed ? this.#clock.now() : undefined;
    return { ...admitted, startedAt, upstream: upstream ?? undefined };
  }

  /** Whether an upstream would refuse a call that runs because its tool only observes. It is not asked, since it would count a denial. */
  #isSparedBy({ latest }: Circuit, { shadow }: Circuit): boolean {
    return shadow !== undefined && latest.value !== 'isolated' && refusesNow(latest, this.#clock.now());
  }

  /** Tells that a call runs although a circuit, its own or its upstream's, would have refused it. */
  #spare(circuit: Circuit, refusing: Circuit): void {
    const { value, context } = refusing.shadow?.snapshot ?? refusing.latest;
    this.#circuits.spareCall(circuit, value as CircuitState, context.lastErrorCategory);
  }

  /** Whether the next call of a circuit is to be timed: for its percentiles, its trip strategy or a step. */
  #shouldTime(circuit: Circuit): boolean {
    return circuit.shouldTime() || this.#steps.timesCalls;
  }

  /**
   * Asks one circuit alone for permission, untimed.
   *
   * @param isSpared Whether another circuit would have refused the call, so that a shadow is not even asked.
   * @returns Null if it refuses.
   */
  #admit(circuit: Circuit, isSpared = false): AdmittedCall | null {
    if (circuit.freeAdmission !== undefined) return circuit.freeAdmission;
    const { value, context } = circuit.latest;
    if (admitsAll(value as CircuitState)) {
      if (circuit.shadow !== undefined) {
        const shadow = isSpared ? null : circuit.shadow.request(this.#clock.now());
        return {
          ...admissionBy(circuit, { generation: context.generation, probeStart: null }),
          // What an operator has disabled would have admitted every call.
          ...(value === 'closed' && { shadow }),
        };
      }
      circuit.freeAdmission = admissionBy(circuit, { generation: context.generation, probeStart: null });
      return circuit.freeAdmission;
    }
    const stamp = circuit.request(this.#clock.now());
    return stamp === null ? null : admissionBy(circuit, stamp);
  }

  #denial(refusing: Circuit, { tool, key }: Circuit): Denial {
    return denialOf(refusing, {
      tool,
      key,
      now: this.#clock.now(),
      wallNow: this.#clock.wallNow(),
      lastError: refusing.lastError,
      alternatives: this.#settings.get(tool)?.alternatives,
    });
  }
}
