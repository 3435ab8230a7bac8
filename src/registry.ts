import type { InspectionEvent, Observer } from 'xstate';
import { type ErrorCategory, isCounted, isErrorCategory } from '../machines/categories.ts';
import type { CircuitConfig } from '../machines/circuit-config.ts';
import { type CircuitState, countsAsOpen } from '../machines/circuit-state.ts';
import type { RecoveryConfig } from '../machines/recovery-config.ts';
import type { PermitStamp, ToolCircuitContext, ToolCircuitRef } from '../machines/tool-circuit.ts';
import type { ToolRegistryRef } from '../machines/tool-registry.ts';
import { Call, type CallContext, type ExecuteOptions } from './call.ts';
import { CircuitActor, type CircuitOwner } from './circuit-actor.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { categorize } from './classify.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkOptions, checkTimeout, type RegistryConfig, type ToolConfig } from './config.ts';
import { containedClassifier, containedObserver, judge } from './contain.ts';
import { type Denial, denialOf, errorText } from './denial.ts';
import {
  diagnose,
  diagnoseUnknown,
  remainingBackoffMs,
  stateOf,
  type ToolDiagnostics,
} from './diagnostics.ts';
import { LeastRecentlyUsed } from './least-recently-used.ts';
import { monotonic } from './monotonic.ts';
import { Permit, type PermitOwner } from './permit.ts';
import {
  type PersistedCircuit,
  type PersistedRegistry,
  persistCircuit,
  readPersisted,
  restoreCircuit,
} from './persist.ts';
import { RegistryActor } from './registry-actor.ts';
import { retryAfterMs } from './retry-after.ts';

/** What `createToolRegistry` takes. Every field may be left out. */
export interface ToolRegistryOptions {
  /** The settings of every circuit. */
  readonly circuit?: Partial<CircuitConfig>;
  /** Settings of single tools, by name; what they leave out is taken from `circuit`. */
  readonly tools?: Readonly<Record<string, ToolConfig>>;
  readonly recovery?: Partial<RecoveryConfig>;
  /**
   * So many circuits are kept at most. Past it the closed one that was not used for longest is forgotten; one that
   * is not closed never is. Default 10 000.
   */
  readonly maxTools?: number;
  /** Default: a monotonic clock whose timers keep no process alive. */
  readonly clock?: Clock;
  /** Sees every event and snapshot of the registry and its circuits. What it throws is printed and goes no further. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
  /** Asked first for the category of an error; undefined leaves it to `categorize`, and so does a throw. */
  readonly classify?: (error: unknown) => ErrorCategory | undefined;
  /** What an earlier registry's `persist()` gave, as JSON or parsed. */
  readonly restore?: string | PersistedRegistry;
}

/** What the registry has counted since its start. A reset clears none of it. */
export interface RegistryMetrics {
  /** Circuits that tripped. */
  readonly circuitOpenEvents: number;
  /** Circuits that became half-open. */
  readonly halfOpenEvents: number;
  /** Calls refused. */
  readonly breakerDenials: number;
}

/** Every known tool at one moment. */
export interface RegistrySnapshot {
  readonly diagnostics: readonly ToolDiagnostics[];
  /** The names of the circuits that are open or isolated. */
  readonly openCircuits: readonly string[];
  readonly openCount: number;
}

/**
 * The circuits of an agent's tools, and the actor that is their parent.
 *
 * Its methods may be called from anywhere, listeners included: what they answer takes account of all that was said
 * before. After `stop()` they answer as of then and change nothing.
 */
export class ToolRegistry {
  /** The parent actor of all circuits: `subscribe()`, `getSnapshot()`, `on(type, listener)`, `send()`. */
  readonly actor: ToolRegistryRef;
  readonly #config: RegistryConfig;
  readonly #clock: Required<Clock>;
  readonly #classify: (error: unknown) => ErrorCategory;
  readonly #circuits = new Map<string, CircuitActor>();
  readonly #open = new Set<CircuitActor>();
  readonly #leastRecentlyUsed = new LeastRecentlyUsed();
  #uses = 0;
  #stopped = false;

  constructor(options: ToolRegistryOptions) {
    this.#config = checkOptions(options);
    const restored = options.restore === undefined ? [] : readPersisted(options.restore);
    this.#clock = monotonic(options.clock ?? systemClock);
    this.#classify = containedClassifier(options.classify, categorize);
    this.actor = new RegistryActor({
      id: 'toolfuse',
      input: { now: this.#clock.now, recovery: this.#config.recovery },
      clock: this.#clock,
      ...(options.inspect && { inspect: containedObserver(options.inspect) }),
    }).start();
    const offsetMs = this.#clock.wallNow() - this.#clock.now();
    for (const kept of restored) {
      this.#spawn(kept.tool, { kept, offsetMs }).usedAt = ++this.#uses;
    }
  }

  /**
   * The tool's circuit, spawned at first use: send it `FAILURE`, `SUCCESS`, `REQUEST`, `RESET`, `ISOLATE`, `RELEASE`,
   * and subscribe to it.
   *
   * @throws Error for a tool that is not known when the registry has stopped.
   */
  tool(name: string): ToolCircuitRef {
    return this.#use(name);
  }

  /** Whether a call may be made now. One that may, while half-open, takes a probe's place until it is recorded. */
  allowRequest(name: string): boolean {
    const circuit = this.#circuits.get(name);
    if (circuit === undefined) return true;
    circuit.usedAt = ++this.#uses;
    return this.#admit(circuit) !== null;
  }

  recordSuccess(name: string): void {
    if (!this.#stopped) this.#succeed(this.#use(name));
  }

  /** @param failure A category, or any error, which is categorised; a string that is no category is a message. */
  recordFailure(name: string, failure: unknown = 'executionError'): void {
    if (this.#stopped) return;
    const category = this.#categoryOf(failure);
    // The classifier is a stranger: it may have stopped the registry.
    if (this.#stopped) return;
    // Nothing would change, but that a probe gives its place back.
    if (!isCounted(category) && this.state(name) !== 'halfOpen') return;
    this.#fail(this.#use(name), category, failure);
  }

  /**
   * Asks leave to make one call.
   *
   * @returns A permit, through which to say how the call ended, or a denial; `admitted` tells which.
   * @throws Error for a tool that is not known when the registry has stopped.
   */
  tryAcquire(name: string): Permit | Denial {
    const circuit = this.#use(name);
    const stamp = this.#admit(circuit);
    return stamp === null ? this.#denial(circuit) : new Permit(circuit, stamp, this.#permitOwner);
  }

  /**
   * Makes a call, if its circuit lets it, and records how it ended.
   *
   * @throws CircuitOpenError where the call was refused, and what `fn` throws, as it was; a `TimeoutError` after
   * `timeoutMs`; the reason of `signal` where the caller aborts.
   */
  async execute<Result>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result> = {},
  ): Promise<Awaited<Result>> {
    const { signal, timeoutMs, fallback, isFailure } = options;
    if (timeoutMs !== undefined) checkTimeout(timeoutMs);
    signal?.throwIfAborted();
    const circuit = this.#use(name);
    const stamp = this.#admit(circuit);
    if (stamp === null) {
      const refusal = new CircuitOpenError(this.#denial(circuit));
      if (fallback === undefined) throw refusal;
      return await fallback(refusal);
    }
    const call = new Call(name, stamp.probeStart !== null);
    let result: Awaited<Result>;
    try {
      result =
        signal === undefined && timeoutMs === undefined
          ? await fn(call)
          : ((await call.run(fn, options, this.#clock)) as Awaited<Result>);
    } catch (error) {
      if (call.isCancelled) {
        this.#permitOwner.abandon(circuit, stamp);
        throw error;
      }
      this.#permitOwner.fail(circuit, stamp, error);
      if (fallback === undefined) throw error;
      return await fallback(error);
    }
    const failure = isFailure === undefined ? false : judge(isFailure, result);
    if (failure === false) this.#permitOwner.succeed(circuit, stamp);
    else this.#permitOwner.fail(circuit, stamp, failure);
    return result;
  }

  /** The same function, guarded by `execute`: it takes the same arguments, keeps `this`, and gives a promise. */
  wrap<This, Arguments extends unknown[], Result>(
    name: string,
    fn: (this: This, ...args: Arguments) => Result,
    options: ExecuteOptions<Awaited<Result>> = {},
  ): (this: This, ...args: Arguments) => Promise<Awaited<Result>> {
    const registry = this;
    return function guarded(...args) {
      return registry.execute<Awaited<Result>>(
        name,
        () => fn.apply(this, args) as Awaited<Result>,
        options,
      ) as Promise<Awaited<Result>>;
    };
  }

  /**
   * The tools that a model should be offered now, in the order given: those whose calls would not be refused for sure.
   *
   * @param names Default: every tool that is known.
   */
  availableTools(
    names: Iterable<string> = this.#circuits.keys(),
    {
      halfOpen = true,
    }: { /** Whether half-open tools are offered. Default true. */ readonly halfOpen?: boolean } = {},
  ): string[] {
    return Array.from(names).filter((name) => {
      const state = this.state(name);
      if (state === 'open') return halfOpen && this.remainingBackoffMs(name) === 0;
      return state === 'closed' || (state === 'halfOpen' && halfOpen);
    });
  }

  /** The state of a tool's circuit. A tool that was never used is closed. */
  state(name: string): CircuitState {
    const circuit = this.#circuits.get(name);
    return circuit === undefined ? 'closed' : stateOf(circuit.settled);
  }

  /** What is left of the backoff, in ms; null unless open. */
  remainingBackoffMs(name: string): number | null {
    const circuit = this.#circuits.get(name);
    return circuit === undefined ? null : remainingBackoffMs(circuit.settled, this.#clock.now());
  }

  diagnostics(name: string): ToolDiagnostics {
    const circuit = this.#circuits.get(name);
    return circuit === undefined ? diagnoseUnknown(name) : diagnose(circuit.settled, this.#clock.now());
  }

  snapshot(): RegistrySnapshot {
    const now = this.#clock.now();
    return {
      diagnostics: Array.from(this.#circuits.values(), (circuit) => diagnose(circuit.settled, now)),
      openCircuits: this.openCircuits(),
      openCount: this.#openNow.size,
    };
  }

  /** The names of the circuits that are open or isolated, in the order in which they opened. */
  openCircuits(): string[] {
    return Array.from(this.#openNow, (circuit) => circuit.id);
  }

  /** How many circuits are open or isolated. Costs the same whatever the number of tools. */
  openCircuitCount(): number {
    return this.#openNow.size;
  }

  /** Whether so many circuits are open that the agent should stop and ask. Default: `recovery.maxOpenCircuits`. */
  shouldPauseForRecovery(maxOpenCircuits: number = this.#config.recovery.maxOpenCircuits): boolean {
    return this.#openNow.size >= maxOpenCircuits;
  }

  metrics(): RegistryMetrics {
    const { circuitOpenEvents, halfOpenEvents, breakerDenials } = this.actor.getSnapshot().context;
    return { circuitOpenEvents, halfOpenEvents, breakerDenials };
  }

  /** Forgets a tool: its actor stops and its observers complete. It begins anew when it is next used. */
  reset(name: string): void {
    const circuit = this.#circuits.get(name);
    if (circuit !== undefined) this.#forget([circuit]);
  }

  /** Forgets every tool. */
  resetAll(): void {
    this.#forget([...this.#circuits.values()]);
  }

  /** Opens a tool's circuit by hand, until it is released as often as it was isolated. */
  isolate(name: string): void {
    if (!this.#stopped) this.#use(name).send({ type: 'ISOLATE', at: this.#clock.now() });
  }

  /** Takes one isolation back; the last one closes the circuit. Does nothing where there is none. */
  release(name: string): void {
    if (!this.#stopped && this.#circuits.has(name)) this.#use(name).send({ type: 'RELEASE' });
  }

  /** Everything that a restart must not lose, as JSON for `createToolRegistry({ restore })`. */
  persist(): string {
    const offsetMs = this.#clock.wallNow() - this.#clock.now();
    const open = [...this.#openNow];
    // Those that may be forgotten in the order in which they were used, the others in that in which they opened.
    const others = [...this.#circuits.values()]
      .filter((circuit) => !this.#open.has(circuit))
      .sort((a, b) => a.usedAt - b.usedAt);
    return JSON.stringify({
      format: 'toolfuse',
      version: 1,
      savedTime: this.#clock.wallNow(),
      circuits: [...others, ...open].map((circuit) => persistCircuit(circuit.settled, offsetMs)),
    } satisfies PersistedRegistry);
  }

  /** Stops every actor for good: no timer is left, observers complete, and nothing said later changes anything. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const circuits = [...this.#circuits.values()];
    disarm(circuits);
    for (const batch of batches(circuits)) this.actor.send({ type: 'STOP_CIRCUITS', circuits: batch });
    this.actor.send({ type: 'STOP' });
  }

  /** Stops the registry at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** Leave for a call, or null. */
  #admit(circuit: CircuitActor): PermitStamp | null {
    const { value, context } = circuit.settled;
    if (value === 'closed') return circuit.stampOf(context.generation);
    return this.#stopped ? null : circuit.request(this.#clock.now());
  }

  #denial(circuit: CircuitActor): Denial {
    return denialOf(circuit.settled, {
      now: this.#clock.now(),
      wallNow: this.#clock.wallNow(),
      lastError: circuit.lastError,
      alternatives: this.#config.tools.get(circuit.id)?.alternatives ?? [],
    });
  }

  readonly #permitOwner: PermitOwner = {
    succeed: (circuit, stamp) => {
      if (this.#isCurrent(circuit)) this.#succeed(circuit, stamp);
    },
    fail: (circuit, stamp, failure) => {
      if (!this.#isCurrent(circuit)) return;
      const category = this.#categoryOf(failure);
      // The classifier is a stranger: it may have stopped the registry, or reset the tool.
      if (!this.#isCurrent(circuit)) return;
      // Nothing would change, but that a probe gives its place back.
      if (!isCounted(category) && stamp.probeStart === null) return;
      this.#fail(circuit, category, failure, stamp);
    },
    abandon: (circuit, stamp) => {
      if (stamp.probeStart !== null && this.#isCurrent(circuit)) circuit.send({ type: 'ABANDON', stamp });
    },
  };

  /** Whether a result still has a circuit to go to: the tool may have been forgotten during the call. */
  #isCurrent(circuit: CircuitActor): boolean {
    return !this.#stopped && this.#circuits.get(circuit.id) === circuit;
  }

  #succeed(circuit: CircuitActor, stamp?: PermitStamp): void {
    const { value, context } = circuit.settled;
    // Nothing would change.
    if (value === 'closed' && context.failureCount === 0 && isOf(context, stamp)) return;
    circuit.send({ type: 'SUCCESS', at: this.#clock.now(), ...(stamp && { stamp }) });
  }

  #fail(circuit: CircuitActor, category: ErrorCategory, failure: unknown, stamp?: PermitStamp): void {
    if (isCounted(category) && isOf(circuit.settled.context, stamp)) {
      circuit.lastError = isErrorCategory(failure) ? null : errorText(failure);
    }
    const askedMs = typeof failure === 'object' ? retryAfterMs(failure, this.#clock.wallNow()) : undefined;
    circuit.send({
      type: 'FAILURE',
      category,
      at: this.#clock.now(),
      ...(askedMs !== undefined && { retryAfterMs: askedMs }),
      ...(stamp && { stamp }),
    });
  }

  #categoryOf(failure: unknown): ErrorCategory {
    return isErrorCategory(failure) ? failure : this.#classify(failure);
  }

  #use(name: string): CircuitActor {
    const circuit = this.#circuits.get(name) ?? this.#spawn(name);
    circuit.usedAt = ++this.#uses;
    return circuit;
  }

  #spawn(name: string, from?: { kept: PersistedCircuit; offsetMs: number }): CircuitActor {
    if (typeof name !== 'string') throw new TypeError(`tool must be a string, got ${String(name)}`);
    if (this.#stopped)
      throw new Error(`the registry has stopped; it takes no new tool (${JSON.stringify(name)})`);
    const input = {
      tool: name,
      now: this.#clock.now,
      config: this.#config.tools.get(name)?.circuit ?? this.#config.circuit,
    };
    const snapshot = from && restoreCircuit(from.kept, from.offsetMs, input);
    const circuit = new CircuitActor(
      { id: name, parent: this.actor, input, ...(snapshot && { snapshot }) },
      this.#circuitOwner,
    );
    this.#makeRoom();
    // An inspector has seen the actor made, and an observer one that was forgotten: they may have used the tool.
    const made = this.#circuits.get(name);
    if (made !== undefined) return made;
    circuit.usedAt = ++this.#uses;
    this.#circuits.set(name, circuit);
    circuit.start();
    if (snapshot) circuit.send({ type: 'RESUME' });
    return circuit;
  }

  #makeRoom(): void {
    while (this.#circuits.size >= this.#config.maxTools) {
      const oldest = this.#leastRecentlyUsed.take(this.#circuits.values(), this.#uses);
      if (oldest === undefined) return;
      this.#forget([oldest]);
    }
  }

  readonly #circuitOwner: CircuitOwner = {
    unsettled: new Set(),
    onSettled: (circuit) => {
      const state = stateOf(circuit.settled);
      if (state === circuit.countedAs || this.#circuits.get(circuit.id) !== circuit) return;
      circuit.countedAs = state;
      if (countsAsOpen(state)) this.#open.add(circuit);
      else this.#open.delete(circuit);
      // It may be forgotten again, and may be the one that was not used for longest.
      if (state === 'closed') this.#leastRecentlyUsed.sortAgain();
    },
  };

  /** The circuits that are open or isolated. */
  get #openNow(): ReadonlySet<CircuitActor> {
    // Only an inspector can ask in the middle of an event.
    for (const circuit of this.#circuitOwner.unsettled) this.#circuitOwner.onSettled(circuit);
    return this.#open;
  }

  #forget(circuits: readonly CircuitActor[]): void {
    if (this.#stopped) return;
    if (circuits.length > 1) disarm(circuits);
    for (const circuit of circuits) {
      circuit.isForgotten = true;
      this.#circuits.delete(circuit.id);
      this.#open.delete(circuit);
    }
    for (const batch of batches(circuits)) {
      this.actor.send({
        type: 'FORGET',
        circuits: batch.map((ref) => ({
          tool: ref.id,
          state: ref.getSnapshot().context.reportedState ?? 'closed',
          ref,
        })),
      });
    }
  }
}

/** Whether a result is of the circuit's present generation; a bare one always is. */
function isOf({ generation }: ToolCircuitContext, stamp: PermitStamp | undefined): boolean {
  return stamp === undefined || stamp.generation === generation;
}

/** XState takes what is left to do off the front of an array: of a long one, that is slow. */
function* batches<Item>(items: readonly Item[], size = 1_000): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** Lets go of the timers first: stopping an actor walks over every timer that is left. */
function disarm(circuits: readonly CircuitActor[]): void {
  for (const circuit of circuits) {
    if (circuit.getSnapshot().value !== 'closed') circuit.send({ type: 'DISARM' });
  }
}

/**
 * Makes a registry of circuits, one for each tool of an agent.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value, RestoreError for a document that cannot be
 * restored; each names the field and the value. Nothing is started then.
 */
export function createToolRegistry(options: ToolRegistryOptions = {}): ToolRegistry {
  return new ToolRegistry(options);
}
