import type { Admission } from '../circuits/admission.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { PassingCall } from './steps/call-step.ts';

/** A call that may be made, until it has ended. */
export interface AdmittedCall extends Admission<CircuitActor> {
  /** The call as the steps know it, where any of them has seen it come. */
  readonly passing?: PassingCall;
}
