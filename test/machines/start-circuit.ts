import {
  type CircuitConfig,
  type ToolCircuitRef,
  type ToolCircuitSnapshot,
  toolCircuitMachine,
} from 'toolfuse/machines';
import { type AnyActorRef, createActor, createMachine } from 'xstate';
import { ManualClock } from '../support/manual-clock.ts';

/** A circuit without a parent, and its clock. */
export interface Standalone {
  readonly clock: ManualClock;
  readonly circuit: ToolCircuitRef;
}

/** Starts a circuit that has no parent. */
export function startCircuit(config: Partial<CircuitConfig> = {}, clock = new ManualClock()): Standalone {
  const circuit = createActor(toolCircuitMachine, {
    input: { tool: 'shell', now: clock.now, config },
    clock,
  });
  circuit.start();
  return { clock, circuit };
}

/** A parent that keeps the reports it receives, in order. */
export function startParent(clock: ManualClock): {
  readonly parent: AnyActorRef;
  readonly reports: unknown[];
} {
  const reports: unknown[] = [];
  const parent = createActor(
    createMachine({ on: { '*': { actions: ({ event }) => void reports.push(event) } } }),
    { clock },
  );
  parent.start();
  return { parent, reports };
}

/** The current state of a circuit. */
export const stateOf = (circuit: ToolCircuitRef): ToolCircuitSnapshot['value'] => circuit.getSnapshot().value;

/** The context of a circuit. */
export const contextOf = (circuit: ToolCircuitRef): ToolCircuitSnapshot['context'] =>
  circuit.getSnapshot().context;

/** Sends one request. @returns Whether the call was admitted. */
export function isAdmitted(circuit: ToolCircuitRef): boolean {
  const before = contextOf(circuit).deniedRequests;
  circuit.send({ type: 'REQUEST' });
  return contextOf(circuit).deniedRequests === before;
}

/** Sends a number of counted failures. */
export function fail(circuit: ToolCircuitRef, times = 1): void {
  for (let i = 0; i < times; i++) circuit.send({ type: 'FAILURE' });
}

/** A circuit that has just tripped. */
export function startOpen(config: Partial<CircuitConfig> = {}, clock = new ManualClock()): Standalone {
  const started = startCircuit(config, clock);
  fail(started.circuit, contextOf(started.circuit).config.failureThreshold);
  return started;
}

/** A circuit whose backoff has just run out; no probe is in flight. */
export function startHalfOpen(config: Partial<CircuitConfig> = {}, clock = new ManualClock()): Standalone {
  const started = startOpen(config, clock);
  const { currentBackoffMs, config: settings } = contextOf(started.circuit);
  clock.advance(currentBackoffMs === 0 ? settings.resetTimeoutMs : currentBackoffMs);
  return started;
}

/** A circuit that an operator has isolated a number of times. */
export function startIsolated(times = 1, config: Partial<CircuitConfig> = {}): Standalone {
  const started = startCircuit(config);
  for (let i = 0; i < times; i++) started.circuit.send({ type: 'ISOLATE' });
  return started;
}

/** The delays of all timers set from now on, in order. */
export function delaysOf(clock: ManualClock): readonly number[] {
  const delays: number[] = [];
  const { setTimeout } = clock;
  clock.setTimeout = (fn, ms) => {
    delays.push(ms);
    return setTimeout(fn, ms);
  };
  return delays;
}
