import type { InspectOptions, Inspector } from 'toolfuse/inspect';
import type { Subscription } from 'xstate';
import { type CircuitState, stateOf } from '../../machines/circuit-state.ts';
import { checkValue, positiveMs, zeroOrMore } from '../../machines/rule.ts';
import type { ToolCircuitRef } from '../../machines/tool-circuit.ts';
import type { ToolRegistryEmitted, ToolRegistryRef } from '../../machines/tool-registry.ts';
import { ActiveProbes } from '../calls/active-probes.ts';
import type { CallContext } from '../calls/call.ts';
import { checkOptionNames, type ExecuteOptions } from '../calls/call-options.ts';
import type { Denial } from '../calls/denial.ts';
import { Guard } from '../calls/guard.ts';
import type { Permit } from '../calls/permit.ts';
import { ResultRecorder } from '../calls/result-recorder.ts';
import type { CallStep } from '../calls/steps/call-step.ts';
import { CallSteps, checkStep } from '../calls/steps/call-steps.ts';
import { ownSteps } from '../calls/steps/own-steps.ts';
import { Circuits } from '../circuits/circuits.ts';
import { RegistryActor } from '../circuits/registry-actor.ts';
import { categorize } from '../classify/categorize.ts';
import {
  containedChance,
  containedClassifier,
  containedHooks,
  containedListener,
  containedObserver,
} from '../options/strangers.ts';
import { persistCircuit } from '../persistence/circuit-snapshot.ts';
import { type PersistedRegistry, readPersisted } from '../persistence/persisted.ts';
import { Channels } from '../telemetry/channels.ts';
import { checkEventType } from '../telemetry/event-types.ts';
import { RecentErrors } from '../telemetry/recent-errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { monotonic } from '../time/monotonic.ts';
import { mayAdmit } from '../views/availability.ts';
import { diagnose, diagnoseUnknown, remainingBackoffMs, type ToolDiagnostics } from '../views/diagnostics.ts';
import { callTotals, type RegistryMetrics, toolMetrics } from '../views/metrics.ts';
import { type Recovery, recoveryOf } from '../views/recovery.ts';
import { checkOptions, type RegistryConfig, type ToolRegistryOptions } from './registry-options.ts';

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
  readonly #circuits: Circuits;
  readonly #steps: CallSteps;
  readonly #results: ResultRecorder;
  readonly #guard: Guard;
  readonly #probes: ActiveProbes;
  readonly #recentErrors = new RecentErrors();

  constructor(options: ToolRegistryOptions) {
    this.#config = checkOptions(options);
    const restored = options.restore === undefined ? [] : readPersisted(options.restore);
    this.#clock = monotonic(options.clock ?? systemClock);
    const channels = new Channels();
    const parent = new RegistryActor(
      {
        id: 'toolfuse',
        input: { now: this.#clock.now, recovery: this.#config.recovery },
        clock: this.#clock,
        ...(options.inspect && { inspect: containedObserver(options.inspect) }),
      },
      () => this.stop(),
    );
    parent.on('*', (event) => channels.publish(event));
    this.actor = parent.start();
    const { circuit, tools: settings, recovery, maxTools } = this.#config;
    this.#circuits = new Circuits({
      parent,
      clock: this.#clock,
      circuit,
      settings,
      maxOpenShare: recovery.maxOpenShare,
      maxTools,
      chance: containedChance(options.random ?? Math.random),
      onBareResult: (actor, event) => this.#results.countBareResult(actor, event),
      onState: (actor, state) => this.#probes.onState(actor, state),
      onForgotten: (actor) => this.#probes.onForgotten(actor),
    });
    this.#steps = new CallSteps(ownSteps({ registry: parent, channels, recentErrors: this.#recentErrors }));
    this.#results = new ResultRecorder({
      circuits: this.#circuits,
      clock: this.#clock,
      classify: containedClassifier(options.classify, categorize),
      steps: this.#steps,
    });
    this.#guard = new Guard({
      circuits: this.#circuits,
      clock: this.#clock,
      results: this.#results,
      steps: this.#steps,
      settings,
    });
    this.#probes = new ActiveProbes(this.#circuits, this.#guard, settings);
    this.#circuits.restore(restored);
  }

  /**
   * The tool's circuit, spawned at first use: send it `FAILURE`, `SUCCESS`, `REQUEST`, `RESET`, `ISOLATE`, `RELEASE`,
   * `DISABLE`, `CLOSE`, and subscribe to it.
   *
   * @throws Error for a tool that is not known when the registry has stopped.
   */
  tool(name: string): ToolCircuitRef {
    return this.#circuits.use(name);
  }

  /** The circuit of every known tool. To look at one is no use of it. */
  circuits(): ToolCircuitRef[] {
    return [...this.#circuits.all()];
  }

  /** Whether a call may be made now. One that may, while half-open, takes a probe's place until it is recorded. */
  allowRequest(name: string): boolean {
    return this.#guard.allows(name);
  }

  recordSuccess(name: string): void {
    this.#results.recordSuccess(name);
  }

  /** @param failure A category, or any error, which is categorised; a string that is no category is a message. */
  recordFailure(name: string, failure: unknown = 'executionError'): void {
    this.#results.recordFailure(name, failure);
  }

  /**
   * Asks leave to make one call.
   *
   * @returns A permit, through which to say how the call ended, or a denial; `admitted` tells which.
   * @throws Error for a tool that is not known when the registry has stopped.
   */
  tryAcquire(
    name: string,
    {
      upstream,
    }: {
      /** What the tool depends on, where its settings do not say so: another circuit, by name. */
      readonly upstream?: string;
    } = {},
  ): Permit | Denial {
    return this.#guard.tryAcquire(name, upstream);
  }

  /**
   * Makes a call, if its circuit lets it, and records how it ended.
   *
   * @throws CircuitOpenError where the call was refused, and what `fn` throws, as it was; a `TimeoutError` after
   * `timeoutMs`; the reason of `signal` where the caller aborts; TypeError for an unknown option.
   */
  execute<Result, Fallback = Result>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options?: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Result | Fallback>> {
    return this.#guard.execute(name, fn, options);
  }

  /** The same function, guarded by `execute`: it takes the same arguments, keeps `this`, and gives a promise. */
  wrap<This, Arguments extends unknown[], Result, Fallback = Awaited<Result>>(
    name: string,
    fn: (this: This, ...args: Arguments) => Result,
    options: ExecuteOptions<Awaited<Result>, Fallback> = {},
  ): (this: This, ...args: Arguments) => Promise<Awaited<Result | Fallback>> {
    checkOptionNames(options);
    const registry = this;
    return function guarded(...args) {
      return registry.execute<Awaited<Result>, Fallback>(
        name,
        () => fn.apply(this, args) as Awaited<Result>,
        options,
      ) as Promise<Awaited<Result | Fallback>>;
    };
  }

  /**
   * The tools that a model should be offered now, in the order given: those whose calls would not be refused for sure.
   *
   * @param names Default: every tool that is known.
   */
  availableTools(
    names?: Iterable<string>,
    {
      halfOpen = true,
    }: { /** Whether half-open tools are offered. Default true. */ readonly halfOpen?: boolean } = {},
  ): string[] {
    const question = { now: this.#clock.now(), halfOpen };
    const isAvailable = (name: string): boolean => mayAdmit(this.#circuits.get(name)?.latest, question);
    return [...(names ?? this.#toolNames())].filter((name) => {
      const upstream = this.#upstreamOf(name);
      return isAvailable(name) && (upstream === undefined || isAvailable(upstream));
    });
  }

  /** The state of a tool's circuit. A tool that was never used is closed. */
  state(name: string): CircuitState {
    const circuit = this.#circuits.get(name);
    return circuit === undefined ? 'closed' : stateOf(circuit.latest);
  }

  /** What is left of the backoff, in ms; null unless open. */
  remainingBackoffMs(name: string): number | null {
    const circuit = this.#circuits.get(name);
    return circuit === undefined ? null : remainingBackoffMs(circuit.latest, this.#clock.now());
  }

  diagnostics(name: string): ToolDiagnostics {
    const circuit = this.#circuits.get(name);
    return circuit === undefined
      ? diagnoseUnknown(name, this.#upstreamOf(name))
      : diagnose(circuit, this.#clock.now(), this.#circuits.openMs(circuit));
  }

  snapshot(): RegistrySnapshot {
    const now = this.#clock.now();
    return {
      diagnostics: Array.from(this.#circuits.all(), (circuit) =>
        diagnose(circuit, now, this.#circuits.openMs(circuit)),
      ),
      openCircuits: this.openCircuits(),
      openCount: this.openCircuitCount(),
    };
  }

  /** The names of the circuits that are open or isolated, in the order in which they opened. */
  openCircuits(): string[] {
    return Array.from(this.#circuits.open, (circuit) => circuit.id);
  }

  /** How many circuits are open or isolated. Costs the same whatever the number of tools. */
  openCircuitCount(): number {
    return this.#circuits.open.size;
  }

  /**
   * Whether so many circuits are open that the agent should stop and ask: `maxOpenCircuits`, or by default as many as the
   * settings of `recovery` allow.
   *
   * @throws RangeError for what is no number of circuits.
   */
  shouldPauseForRecovery(maxOpenCircuits?: number): boolean {
    const open = this.openCircuitCount();
    if (maxOpenCircuits === undefined) {
      return (
        open >= this.#config.recovery.maxOpenCircuits || this.actor.getSnapshot().context.overCap !== null
      );
    }
    checkValue(maxOpenCircuits, 'maxOpenCircuits', zeroOrMore);
    return open >= maxOpenCircuits;
  }

  /** What to tell the user of a recovery pause: why, what is open, what failed of late, and whether to ask. */
  recovery(): Recovery {
    return recoveryOf(
      this.actor.getSnapshot().context,
      this.openCircuits(),
      this.#recentErrors,
      this.#clock.now(),
    );
  }

  metrics(): RegistryMetrics {
    const { circuitOpenEvents, halfOpenEvents, breakerDenials } = this.actor.getSnapshot().context;
    const tools = Array.from(this.#circuits.all(), (circuit) =>
      toolMetrics(circuit, this.#circuits.openMs(circuit)),
    );
    return { circuitOpenEvents, halfOpenEvents, breakerDenials, ...callTotals(this.#circuits), tools };
  }

  /**
   * Calls a listener for each event that the registry actor emits. What it throws is printed and goes no further.
   *
   * @throws TypeError for an event that does not exist.
   */
  on<Type extends ToolRegistryEmitted['type'] | '*'>(
    type: Type,
    listener: (
      event: Type extends '*' ? ToolRegistryEmitted : Extract<ToolRegistryEmitted, { type: Type }>,
    ) => unknown,
  ): Subscription {
    checkEventType(type);
    return this.actor.on(type, containedListener(type, listener) as never);
  }

  /**
   * Adds a step that every call passes from now on: to record calls, to trace them, or to refuse some of them. What its hooks
   * throw is printed and goes no further.
   *
   * @returns What takes the step out again.
   * @throws TypeError for an unknown hook, RangeError for a hook that is not a function.
   */
  intercept(step: CallStep): () => void {
    return this.#steps.add(containedHooks(checkStep(step), 'step'));
  }

  /** Forgets a tool: its actor stops and its observers complete. It begins anew when it is next used. */
  reset(name: string): void {
    const circuit = this.#circuits.get(name);
    if (circuit !== undefined) this.#circuits.forget([circuit]);
  }

  /** Forgets every tool. */
  resetAll(): void {
    this.#circuits.forget([...this.#circuits.all()]);
  }

  /**
   * Opens a tool's circuit by hand, until it is released as often as it was isolated.
   *
   * @throws RangeError for a `forMs` that is no time.
   */
  isolate(
    name: string,
    {
      forMs,
    }: { /** It closes by itself after so long, in ms. Default: never. */ readonly forMs?: number } = {},
  ): void {
    if (forMs !== undefined) checkValue(forMs, 'forMs', positiveMs);
    if (this.#circuits.isStopped) return;
    this.#circuits
      .use(name)
      .sendCounted({ type: 'ISOLATE', at: this.#clock.now(), ...(forMs !== undefined && { forMs }) });
  }

  /** Lets every call of a tool through: results are counted, and nothing trips, until `release` or `forceClose`. */
  disable(name: string): void {
    if (!this.#circuits.isStopped) this.#circuits.use(name).sendCounted({ type: 'DISABLE' });
  }

  /** Takes one isolation back, or a disabling; the last one closes the circuit. Does nothing where there is none. */
  release(name: string): void {
    if (!this.#circuits.isStopped) this.#circuits.touch(name)?.sendCounted({ type: 'RELEASE' });
  }

  /** Closes a tool's circuit by hand, whatever it is: open, half-open, isolated or disabled. */
  forceClose(name: string): void {
    if (!this.#circuits.isStopped) this.#circuits.touch(name)?.sendCounted({ type: 'CLOSE' });
  }

  /**
   * Serves a page on this machine on which the circuits can be watched live. It is loaded when it is asked for.
   *
   * @throws TypeError or RangeError for bad options, Error where the port is taken.
   */
  async inspect(options?: InspectOptions): Promise<Inspector> {
    const { inspect } = await import('toolfuse/inspect');
    return inspect(this, options);
  }

  /** Everything that a restart must not lose, as JSON for `createToolRegistry({ restore })`. */
  persist(): string {
    const wallNow = this.#clock.wallNow();
    const offsetMs = wallNow - this.#clock.now();
    return JSON.stringify({
      format: 'toolfuse',
      version: 1,
      savedTime: wallNow,
      circuits: this.#circuits.inOrderOfUse().map((circuit) => persistCircuit(circuit.latest, offsetMs)),
    } satisfies PersistedRegistry);
  }

  /** Stops every actor for good: no timer is left, observers complete, and nothing said later changes anything. */
  stop(): void {
    this.#circuits.stop();
    this.#probes.stop();
  }

  /** Stops the registry at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.stop();
  }

  #upstreamOf(name: string): string | undefined {
    return this.#circuits.get(name)?.upstream ?? this.#config.tools.get(name)?.upstream;
  }

  /** The names of the circuits that can be called: those that only others depend on cannot. */
  *#toolNames(): Generator<string> {
    for (const circuit of this.#circuits.all()) if (!circuit.isUpstream) yield circuit.id;
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
