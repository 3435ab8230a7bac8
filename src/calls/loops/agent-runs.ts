import type { LoopConfig } from '../../../machines/loop-config.ts';
import type { ToolRegistryRef } from '../../../machines/tool-registry.ts';
import { GuardedRun } from './agent-run.ts';

/** The parts of the registry that its runs need. */
export interface AgentRunsOptions {
  readonly parent: ToolRegistryRef;
  readonly now: () => number;
  readonly config: LoopConfig;
  /** The largest number of runs to keep. */
  readonly maxRuns: number;
  /** Whether a run that a call names is begun by it. */
  readonly isOn: boolean;
  /** From now on, some call may be guarded, or none. */
  readonly onGuarded: (areGuarded: boolean) => void;
}

/** The runs of a registry, least recently used first. */
export class AgentRuns {
  readonly #options: AgentRunsOptions;
  readonly #byId = new Map<string, GuardedRun>();
  #isStopped = false;

  constructor(options: AgentRunsOptions) {
    this.#options = options;
  }

  /** Whether any call may be guarded. */
  get areGuarded(): boolean {
    return this.#options.isOn || this.#byId.size > 0;
  }

  all(): GuardedRun[] {
    return [...this.#byId.values()];
  }

  /** A run, begun if necessary. */
  begin(id: string): GuardedRun {
    return this.#touch(id) ?? this.#add(id);
  }

  /** The run that a call names: begun if loops are guarded against in general, or else only if it is known. */
  forCall(id: string): GuardedRun | undefined {
    if (this.#isStopped) return undefined;
    return this.#options.isOn ? this.begin(id) : this.#touch(id);
  }

  /** The user has said to go on. */
  acknowledge(): void {
    for (const run of this.all()) if (run.state === 'stopped') run.acknowledge();
  }

  stop(): void {
    this.#isStopped = true;
    for (const run of this.all()) run.end();
  }

  #touch(id: string): GuardedRun | undefined {
    const run = this.#byId.get(id);
    if (run === undefined) return undefined;
    this.#byId.delete(id);
    this.#byId.set(id, run);
    return run;
  }

  #add(id: string): GuardedRun {
    const { now, config, maxRuns } = this.#options;
    const parent = this.#isStopped ? undefined : this.#options.parent;
    const onEnd = (run: GuardedRun): void => {
      if (this.#byId.get(run.id) !== run) return;
      this.#byId.delete(run.id);
      if (!this.areGuarded) this.#options.onGuarded(false);
    };
    const run = new GuardedRun(id, { parent, now, config, onEnd });
    if (this.#isStopped) {
      run.end();
      return run;
    }
    const wereGuarded = this.areGuarded;
    this.#byId.set(id, run);
    if (!wereGuarded) this.#options.onGuarded(true);
    for (const oldest of this.#byId.values()) {
      if (this.#byId.size <= maxRuns) break;
      oldest.end();
    }
    return run;
  }
}
