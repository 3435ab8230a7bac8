import type { Admission } from '../circuits/admission.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { PassingCall } from './steps/call-step.ts';

/** A call that was admitted and has not ended yet. */
export interface AdmittedCall extends Admission<Circuit> {
  /** The call as the steps know it; left out if no step saw it arrive. */
  readonly passing?: PassingCall;
}
