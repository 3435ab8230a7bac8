import { createActor } from 'xstate';
import {
  type AgentRunEvent,
  type AgentRunRef,
  type AgentRunState,
  agentRunMachine,
  correctionOf as correctionIn,
  refusalOf,
} from '../../../machines/agent-run.ts';
import type { LoopConfig } from '../../../machines/loop-config.ts';
import type { AskedCall, EndedCall, Loop } from '../../../machines/loop-memory.ts';
import type { ToolRegistryRef } from '../../../machines/tool-registry.ts';
import { type Correction, correctionOf } from './loop-words.ts';

/** What a run does, at one instant. */
export interface RunDiagnostics {
  readonly run: string;
  /** `steady`, `repeating`, `refusing`, `stopped` or `ended`. */
  readonly state: AgentRunState;
  /** What it repeats most often; null while it does nothing twice. */
  readonly loop: Loop | null;
  /** How many of its answers carried a correction. */
  readonly warned: number;
  /** How many of its calls were refused as repetitions, or would have been if their tools did not only observe. */
  readonly denied: number;
}

/** One run of an agent, guarded against loops. Made by `registry.run(id)`. */
export interface AgentRun {
  readonly id: string;
  /** Its actor: `subscribe()`, `getSnapshot()`. */
  readonly actor: AgentRunRef;
  /** `steady`, `repeating`, `refusing`, `stopped` or `ended`. */
  readonly state: AgentRunState;
  diagnostics(): RunDiagnostics;
  /** The user says to go on anyway: what was repeated is forgotten. */
  acknowledge(): void;
  /** The run is over: its actor stops, and it is forgotten. */
  end(): void;
}

/** A run, with what only the registry does with it. */
export class GuardedRun implements AgentRun {
  readonly id: string;
  readonly actor: AgentRunRef;
  readonly #onEnd: (run: GuardedRun) => void;

  constructor(
    id: string,
    options: {
      /** Left out once the registry has stopped: it hears of nothing more. */
      readonly parent?: ToolRegistryRef | undefined;
      readonly now: () => number;
      readonly config: LoopConfig;
      readonly onEnd: (run: GuardedRun) => void;
    },
  ) {
    const { parent, now, config, onEnd } = options;
    this.id = id;
    this.#onEnd = onEnd;
    this.actor = createActor(agentRunMachine, {
      id: `run ${id}`,
      ...(parent && { parent }),
      input: { run: id, now, config },
    });
    this.actor.start();
  }

  get state(): AgentRunState {
    return this.actor.getSnapshot().value;
  }

  diagnostics(): RunDiagnostics {
    const { value, context } = this.actor.getSnapshot();
    const { run, loop, warned, denied } = context;
    return { run, state: value, loop, warned, denied };
  }

  acknowledge(): void {
    this.#tell({ type: 'ACKNOWLEDGE' });
  }

  end(): void {
    this.#onEnd(this);
    this.#tell({ type: 'END' });
  }

  /** What a call would repeat once too often, which is then counted; null if it may be made. */
  ask(call: AskedCall, isObserved: boolean): Loop | null {
    // The chart is asked only where it would refuse, because nearly all calls are new.
    const loop = refusalOf(this.actor.getSnapshot().context, call);
    if (loop === null) return null;
    this.#tell({ type: 'CALL_ASKED', call, isObserved });
    return isObserved ? null : { ...loop, count: loop.count + 1 };
  }

  /** A call has ended. @returns The correction for its answer, if it needs one. */
  ended(call: EndedCall, isObserved: boolean): Correction | null {
    if (this.actor.getSnapshot().status !== 'active') return null;
    this.actor.send({ type: 'CALL_ENDED', call, isObserved });
    const loop = correctionIn(this.actor.getSnapshot().context, call);
    return loop === null || isObserved ? null : correctionOf(this.id, loop);
  }

  /** XState warns of an event for an actor that has ended. */
  #tell(event: AgentRunEvent): void {
    if (this.state !== 'ended') this.actor.send(event);
  }
}
