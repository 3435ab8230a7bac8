import type { InspectOptions, Inspector } from 'toolfuse/inspect';
import type { Subscription } from 'xstate';
import type { CircuitState } from '../../machines/circuit-state.ts';
import type { FleetOrder } from '../../machines/fleet-news.ts';
import type { ToolRegistryEmitted } from '../../machines/registry-events.ts';
import { checkValue, show, zeroOrMore } from '../../machines/rule.ts';
import type { ToolCircuitRef } from '../../machines/tool-circuit.ts';
import type { ToolRegistryRef } from '../../machines/tool-registry.ts';
import type { CallContext } from '../calls/call.ts';
import { type CallTarget, keyText } from '../calls/call-keys.ts';
import {
  type CallNeeds,
  type CircuitNeeds,
  checkFunction,
  checkWrapOptions,
  type ExecuteOptions,
  type WithContext,
  type WrapOptions,
} from '../calls/call-options.ts';
import type { Denial } from '../calls/denial.ts';
import type { AgentRun } from '../calls/loops/agent-run.ts';
import type { Permit } from '../calls/permit.ts';
import type { CallStep } from '../calls/steps/call-step.ts';
import { checkStep } from '../calls/steps/call-steps.ts';
import { type Guarded, guardedFunction } from '../calls/wrap.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { Mode } from '../circuits/modes.ts';
import { containedHooks, containedListener } from '../options/strangers.ts';
import { persistCircuit } from '../persistence/circuit-snapshot.ts';
import type { PersistedRegistry } from '../persistence/persisted.ts';
import { checkEventType } from '../telemetry/event-types.ts';
import type { Clock } from '../time/clock.ts';
import type { Availability } from '../views/availability.ts';
import type { ToolDiagnostics } from '../views/diagnostics.ts';
import type { RegistryMetrics } from '../views/metrics.ts';
import type { Recovery } from '../views/recovery.ts';
import {
  type AvailableToolsOptions,
  type CircuitChoice,
  checkAvailableTools,
  checkCallNeeds,
  checkIsolate,
  checkNames,
  checkNeeds,
  checkOrder,
  checkTarget,
  checkUntilReady,
  type IsolateOptions,
  keyOfChoice,
  noNeeds,
  type OrderOptions,
  type UntilReadyOptions,
} from './method-options.ts';
import type { ToolRegistryOptions } from './registry-options.ts';
import { assemble, type RegistryParts } from './registry-parts.ts';
import { type RegistrySnapshot, RegistryViews } from './registry-views.ts';
import { aMode } from './tool-options.ts';
import { untilReady } from './until-ready.ts';

/** The parts of a registry, for a room of this library that works on them. @throws TypeError for what is no registry of ours. */
export let partsOf: (registry: ToolRegistry) => RegistryParts;

/**
 * The circuits of an agent's tools, and their parent actor. Made by `createToolRegistry`.
 *
 * Its methods may be called from anywhere, even from listeners: their answers reflect everything reported before. After
 * `stop()` they change nothing, refuse calls, and answer everything else as of the moment of stopping.
 */
export class ToolRegistry {
  /** The parent actor of all circuits: `subscribe()`, `getSnapshot()`, `on(type, listener)`, `send()`. */
  readonly actor: ToolRegistryRef;
  /** The registry's clock, to read: instants such as `openedAt` are in ms of its `now()`. */
  readonly clock: Pick<Required<Clock>, 'now' | 'wallNow'>;
  readonly #parts: RegistryParts;
  readonly #views: RegistryViews;

  static {
    partsOf = (registry) => registry.#parts;
  }

  constructor(options: ToolRegistryOptions) {
    this.#parts = assemble(options, () => this.stop());
    this.#views = new RegistryViews(this.#parts);
    const { parent, clock } = this.#parts;
    this.actor = parent;
    this.clock = { now: clock.now, wallNow: clock.wallNow };
  }

  /**
   * The actor of a tool's circuit, spawned on first use. Subscribe to it, or send it `FAILURE`, `SUCCESS`, `REQUEST`, `RESET`,
   * `ISOLATE`, `RELEASE`, `DISABLE` or `CLOSE`. The event `RESET` clears the circuit and keeps its actor and observers; the
   * method `reset(name)` stops the actor.
   *
   * @param options.key The target or tenant whose circuit is meant. Default: the circuit of all calls of the tool.
   * @throws Error for an unknown tool after the registry has stopped.
   */
  tool(name: string, options: CircuitChoice = noNeeds): ToolCircuitRef {
    return this.#parts.circuits.use(name, keyOfChoice(options)).actor;
  }

  /** The actors of all known circuits. Listing them does not count as using them. */
  circuits(): ToolCircuitRef[] {
    return Array.from(this.#parts.circuits.all(), ({ actor }) => actor);
  }

  /**
   * Says which tools exist, such as those that an MCP server lists. `toolfuse/mcp` does so by itself. Nothing is started.
   *
   * @throws TypeError for names that are not a list.
   */
  declareTools(names: Iterable<string>): void {
    checkNames(names);
    this.#parts.known.declare(names);
  }

  /**
   * The names of the tools that are known to exist: those of the settings, their upstreams, and those that were declared.
   * Other names may have been made up by a model. The set grows as tools are declared, up to `maxTools` names.
   */
  knownTools(): ReadonlySet<string> {
    return this.#parts.known.names;
  }

  /**
   * Whether a call may be made now. While the circuit is half-open, an admitted call takes a probe slot until its result is
   * recorded. Prefer `execute` or `tryAcquire`: without a permit, a late result cannot be recognised.
   */
  allowRequest(name: string, target: CallTarget = noNeeds): boolean {
    if (target !== noNeeds) checkTarget(target);
    return this.#parts.guard.allows(name, target);
  }

  /** Records a success without a permit: it closes an open circuit, even if the call began long ago. */
  recordSuccess(name: string, target: CallTarget = noNeeds): void {
    if (target !== noNeeds) checkTarget(target);
    this.#parts.results.recordSuccess(name, this.#parts.keys.of(name, target));
  }

  /**
   * Records a failure without a permit.
   *
   * @param failure A category or any error; a string that is not a category is read as an error message. Default:
   * `executionError`.
   */
  recordFailure(name: string, failure: unknown = 'executionError', target: CallTarget = noNeeds): void {
    if (target !== noNeeds) checkTarget(target);
    this.#parts.results.recordFailure(name, failure, this.#parts.keys.of(name, target));
  }

  /**
   * Asks for permission to make one call, for code that cannot be wrapped in `execute`.
   *
   * @example
   * const permit = registry.tryAcquire('search');
   * if (!permit.admitted) return `Try again in ${permit.retryAfterMs} ms.`;
   * try {
   *   const results = await search(query);
   *   permit.success();
   *   return results;
   * } catch (error) {
   *   permit.failure(error);
   *   throw error;
   * }
   *
   * @returns A `Permit`, on which to report how the call ended, or a `Denial`; `admitted` tells them apart.
   * @param options.upstream The circuit that this call depends on. Default: the `upstream` of the tool's settings.
   * @param options.input What the tool is called with, for the `key` of its settings; or `options.key` itself.
   * @param options.run The run of an agent that makes the call, to be guarded against loops.
   * @throws TypeError for an unknown option, RangeError for an invalid upstream, RegistryStoppedError after `stop()`.
   */
  tryAcquire(name: string, options: CallNeeds = noNeeds): Permit | Denial {
    if (options !== noNeeds) checkCallNeeds(options);
    return this.#parts.guard.tryAcquire(name, options);
  }

  /**
   * Makes a call if the tool's circuit admits it, and records how it ended.
   *
   * @example
   * const page = await registry.execute('fetch', ({ signal }) => fetch(url, { signal }), { timeoutMs: 10_000 });
   *
   * @returns The result of `fn`, or that of `options.fallback` if the call was refused or failed.
   * @throws (as a rejection) `CircuitOpenError` if the call was refused; the error of `fn`, unchanged; a `TimeoutError`
   * after `timeoutMs`; the reason of `signal` if the caller aborts; TypeError or RangeError for an invalid option.
   */
  execute<Result, Fallback = Result>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options?: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Result | Fallback>> {
    return this.#parts.guard.execute(name, fn, options);
  }

  /**
   * Returns the same function guarded by `execute`: it takes the same arguments, keeps `this`, its name and its number of
   * arguments, and returns a promise. An `async function*` stays one: its call succeeds when the generator ends.
   *
   * @example
   * const guardedSearch = registry.wrap('search', search);
   * await guardedSearch('circuit breakers');
   *
   * @example The call's signal, which aborts after `timeoutMs`, is in the last argument.
   * const get = registry.wrap('fetch', (url: string, { signal }: CallContext) => fetch(url, { signal }), {
   *   withContext: true,
   *   timeoutMs: 10_000,
   * });
   * await get('https://example.com');
   *
   * @throws TypeError for an unknown option or an `fn` that is not a function, RangeError for an invalid value.
   */
  wrap<This, Arguments extends unknown[], Result, Fallback = never>(
    name: string,
    fn: (this: This, ...args: WithContext<Arguments>) => Result,
    options: WrapOptions<Awaited<Result>, Fallback, Arguments> & { readonly withContext: true },
  ): (this: This, ...args: Arguments) => Guarded<Result, Fallback>;
  wrap<This, Arguments extends unknown[], Result, Fallback = never>(
    name: string,
    fn: (this: This, ...args: Arguments) => Result,
    options?: WrapOptions<Awaited<Result>, Fallback, Arguments> & {
      readonly withContext?: false | undefined;
    },
  ): (this: This, ...args: Arguments) => Guarded<Result, Fallback>;
  wrap(name: string, fn: never, options: WrapOptions<unknown, unknown> = {}): never {
    checkFunction(fn);
    checkWrapOptions(options);
    const needsInput = (): boolean => this.#parts.keys.areAsked || this.#parts.steps.seesCalls;
    return guardedFunction(
      fn,
      options,
      (call, others) => this.execute(name, call, others),
      needsInput,
    ) as never;
  }

  /**
   * The tools to offer to the model now, in the order given: all but those that would certainly refuse a call.
   *
   * @example
   * const available = new Set(registry.availableTools(tools.map(({ name }) => name)));
   * const offered = tools.filter(({ name }) => available.has(name));
   *
   * @param names Default: every known tool.
   * @param options.halfOpen Whether to include half-open tools. Default true.
   * @throws TypeError for names that are not a list, or an unknown option.
   */
  availableTools(names?: Iterable<string>, options: AvailableToolsOptions = {}): string[] {
    checkAvailableTools(names, options);
    return this.#views.availableTools(names, options.halfOpen ?? true);
  }

  /**
   * Whether a call of a tool would be admitted now, and if not, why, which circuit refuses, and for how long. Asking changes
   * nothing and does not count as a use of the tool.
   *
   * @example
   * const search = registry.availability('search');
   * if (!search.available) console.log(`${search.because} is ${search.reason} for ${search.retryAfterMs} ms`);
   *
   * @param options.upstream The circuit that the call would depend on. Default: that of the tool's last call, or else of its
   * settings.
   * @throws TypeError for an unknown option.
   */
  availability(name: string, options: CircuitNeeds = {}): Availability {
    checkNeeds(options);
    return this.#views.availability(name, options);
  }

  /**
   * Waits until a call of a tool would be admitted by its own circuit and by its upstream's. Another caller may still be faster:
   * if a half-open circuit has one probe slot, the second call is refused.
   *
   * The wait keeps the process alive.
   *
   * @example
   * await registry.untilReady('search', { signal: AbortSignal.timeout(60_000) });
   * return registry.execute('search', () => search(query));
   *
   * @throws (as a rejection) the reason of `signal` once it is aborted, RegistryStoppedError once the registry stops, TypeError
   * for an unknown option.
   */
  async untilReady(name: string, options: UntilReadyOptions = {}): Promise<void> {
    checkUntilReady(options);
    const { signal, ...needs } = options;
    const blockedBy = (): Circuit | undefined => this.#views.blockedBy(name, needs);
    const isStopped = (): boolean => this.#parts.circuits.isStopped;
    await untilReady({ tool: name, clock: this.#parts.clock, isStopped, blockedBy, signal });
  }

  /** The state of a tool's circuit. A tool that was never used is closed. */
  state(name: string, options: CircuitChoice = noNeeds): CircuitState {
    return this.#views.state(name, keyOfChoice(options));
  }

  /** How much of the backoff is left, in ms; null unless the circuit is open. */
  remainingBackoffMs(name: string, options: CircuitChoice = noNeeds): number | null {
    return this.#views.remainingBackoffMs(name, keyOfChoice(options));
  }

  /** The state, counters and times of one tool. A tool that was never used reads as closed. */
  diagnostics(name: string, options: CircuitChoice = noNeeds): ToolDiagnostics {
    return this.#views.diagnostics(name, keyOfChoice(options));
  }

  /** The keys of a tool that have a circuit now. */
  keys(name: string): string[] {
    return this.#parts.circuits.keyed(name).flatMap(({ key }) => key ?? []);
  }

  /** The diagnostics of every known tool, and which circuits are open. */
  snapshot(): RegistrySnapshot {
    return this.#views.snapshot();
  }

  /** The names of the circuits that are open or isolated, in the order in which they opened. */
  openCircuits(): string[] {
    return this.#views.openCircuits();
  }

  /** How many circuits are open or isolated. The cost does not depend on the number of tools. */
  openCircuitCount(): number {
    return this.#parts.circuits.open.size;
  }

  /**
   * Whether enough circuits are open that the agent should stop and ask its user. A tool counts once, however many of its keys
   * are open.
   *
   * @param maxOpenCircuits How many open circuits call for a pause. Default: the settings of `recovery` decide.
   * @throws RangeError for a negative number or anything that is not a number.
   */
  shouldPauseForRecovery(maxOpenCircuits?: number): boolean {
    const open = this.#parts.circuits.openTools;
    if (maxOpenCircuits === undefined) {
      const { overCap, stoppedRuns } = this.actor.getSnapshot().context;
      return (
        open >= this.#parts.config.recovery.maxOpenCircuits || overCap !== null || stoppedRuns.length > 0
      );
    }
    checkValue(maxOpenCircuits, 'maxOpenCircuits', zeroOrMore);
    return open >= maxOpenCircuits;
  }

  /**
   * The facts for a user who decides whether the agent goes on: why it is paused, which circuits are open, what failed
   * recently, and whether it may ask now.
   *
   * @example
   * const { isPaused, reason, mayAsk } = registry.recovery();
   * if (isPaused && mayAsk && (await askUser(reason))) registry.actor.send({ type: 'ACKNOWLEDGE' });
   */
  recovery(): Recovery {
    return this.#views.recovery();
  }

  /** Counters since the registry was created, in total and for each known tool. */
  metrics(): RegistryMetrics {
    return this.#views.metrics();
  }

  /**
   * Calls a listener for each event of one type, or of any type with `*`. Its errors are printed and go no further.
   *
   * @example
   * registry.on('circuit.opened', ({ tool }) => console.warn(`${tool} is unavailable`));
   *
   * @returns A subscription whose `unsubscribe()` removes the listener.
   * @throws TypeError for an unknown event type.
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
   * Adds a step that every call passes through from now on, to record, trace or refuse calls. Errors of its hooks are printed
   * and go no further.
   *
   * @example
   * const remove = registry.intercept({
   *   ended: ({ tool }, { outcome, durationMs }) => console.log(tool, outcome, durationMs),
   * });
   *
   * @returns A function that removes the step.
   * @throws TypeError for an unknown hook, RangeError for a hook that is not a function.
   */
  intercept(step: CallStep): () => void {
    return this.#parts.steps.add(containedHooks(checkStep(step), 'step'));
  }

  /**
   * Forgets a tool: its actor stops and its observers complete. The next use starts a new circuit. To clear a circuit and
   * keep its actor, send the event `RESET` to `tool(name)` instead.
   *
   * @param options.key The target or tenant to forget. Default: the tool with all its keys.
   */
  reset(name: string, options: CircuitChoice = noNeeds): void {
    this.#parts.circuits.forget(this.#chosen(name, options));
  }

  /** Forgets every tool, as `reset` forgets one. */
  resetAll(): void {
    this.#parts.circuits.forget([...this.#parts.circuits.all()]);
  }

  /**
   * Takes a tool out of service: its circuit refuses every call until `release` has been called once per isolation.
   *
   * @param options.key The target or tenant to isolate. Default: the tool with all its keys.
   * @param options.forMs After how long the isolation ends by itself, in ms. Default: never.
   * @param options.by Who isolates it: diagnostics, the page and a kept state say so.
   * @param options.fleet Whether to take it out of service in all processes of the fleet. Default false.
   * @throws TypeError for an unknown option, RangeError for an invalid `forMs`, Error for `fleet` without a fleet.
   */
  isolate(name: string, options: IsolateOptions = {}): void {
    checkIsolate(options);
    const { forMs, by } = options;
    if (this.#parts.circuits.isStopped) return;
    if (this.#isForFleet(name, options, 'isolate', forMs)) return;
    this.#parts.circuits.use(name, keyText(options.key)).send({
      type: 'ISOLATE',
      at: this.#parts.clock.now(),
      ...(forMs !== undefined && { forMs }),
      ...(by !== undefined && { by }),
    });
  }

  /**
   * Admits every call of a tool: results are counted but never trip the circuit, until `release` or `forceClose`.
   *
   * @param options.fleet Whether to do so in all processes of the fleet. Default false.
   * @throws TypeError for an unknown option, Error for `fleet` without a fleet.
   */
  disable(name: string, options: OrderOptions = noNeeds): void {
    checkOrder(options);
    if (this.#isForFleet(name, options, 'disable')) return;
    if (!this.#parts.circuits.isStopped)
      this.#parts.circuits.use(name, keyText(options.key)).send({ type: 'DISABLE' });
  }

  /**
   * Undoes one `isolate` or a `disable`; undoing the last one closes the circuit. Otherwise it does nothing.
   *
   * @param options.fleet Whether to undo what was ordered for all processes of the fleet. Default false.
   * @throws TypeError for an unknown option, Error for `fleet` without a fleet.
   */
  release(name: string, options: OrderOptions = noNeeds): void {
    checkOrder(options);
    if (this.#isForFleet(name, options, 'release')) return;
    if (!this.#parts.circuits.isStopped)
      this.#parts.circuits.touch(name, keyText(options.key))?.send({ type: 'RELEASE' });
  }

  /**
   * Closes a tool's circuit by hand, whether it is open, half-open, isolated or disabled.
   *
   * @param options.key The target or tenant whose circuit is meant. Default: the tool with all its keys.
   * @param options.fleet Whether to do so in all processes of the fleet. Default false: it also closes here what the fleet has
   * opened, until the fleet opens it anew.
   * @throws TypeError for an unknown option, Error for `fleet` without a fleet.
   */
  forceClose(name: string, options: OrderOptions = noNeeds): void {
    checkOrder(options);
    if (this.#isForFleet(name, options, 'close')) return;
    const chosen = this.#chosen(name, options);
    if (this.#parts.circuits.isStopped) return;
    for (const { tool, key } of chosen) this.#parts.circuits.touch(tool, key)?.send({ type: 'CLOSE' });
  }

  /**
   * Turns circuits on, or lets them only observe, at once and without losing what they know.
   *
   * A circuit that only observes stays closed, and all its calls run. `circuit.spared` reports each trip that it was spared and
   * each call that it would have refused; the diagnostics count those calls in `wouldDeny`, and `wouldBe` is the state in which it
   * would be. An open circuit that begins to observe closes. An isolation by hand still holds.
   *
   * @example
   * const registry = createToolRegistry({ mode: 'observe' });
   * // A week later, `registry.metrics().wouldDeny` says what would have been refused.
   * registry.setMode('enforce');
   *
   * @param name The tool that gets a mode of its own. Default: all tools that have none.
   * @throws RangeError for an invalid mode.
   */
  setMode(mode: Mode, name?: string): void {
    checkValue(mode, 'mode', aMode);
    if (this.#parts.circuits.isStopped) return;
    this.#parts.modes.set(mode, name);
    this.#parts.circuits.followModes();
  }

  /** Whether a tool's circuit refuses calls or only observes; without a name, the mode of the tools that have none of their own. */
  mode(name?: string): Mode {
    return name === undefined ? this.#parts.modes.ofAll : this.#parts.modes.of(name);
  }

  /**
   * A run of an agent, begun if necessary: from now on, calls that name it are guarded against loops, whether or not the registry's
   * `loops` are on.
   *
   * A run repeats itself by the same call with an equal input and an equal outcome, alone or in turn with others, by the same mistake
   * with one tool, or by calls of tools that do not exist. After `warnAfter` (3) repetitions the model reads a correction, after
   * `denyAfter` (5) the next one is refused, and `stopAfter` (10) are a reason for a recovery pause. A call whose result changes is
   * not a loop.
   *
   * @example
   * const run = registry.run('conversation 7');
   * await registry.execute('search', () => search(query), { input: query, run });
   * run.end();
   *
   * @throws TypeError for a name that is not a string, or is empty.
   */
  run(id: string): AgentRun {
    if (typeof id !== 'string' || id === '')
      throw new TypeError(`id must be the name of a run, got ${show(id)}`);
    return this.#parts.runs.begin(id);
  }

  /** The runs that are guarded against loops now, least recently used first. */
  runs(): AgentRun[] {
    return this.#parts.runs.all();
  }

  /**
   * Serves a local page that shows the circuits live. The inspector's code is loaded only by this call.
   *
   * @example
   * const inspector = await registry.inspect({ open: true });
   * console.log(inspector.url);
   *
   * @throws (as a rejection) TypeError or RangeError for invalid options, Error if the port is taken.
   */
  async inspect(options?: InspectOptions): Promise<Inspector> {
    const { inspect } = await import('toolfuse/inspect');
    return inspect(this, options);
  }

  /**
   * Returns the state of all circuits as JSON, to be restored after a restart.
   *
   * @example
   * await writeFile('circuits.json', registry.persist());
   * // after the restart
   * const registry = createToolRegistry({ restore: await readFile('circuits.json', 'utf8') });
   */
  persist(): string {
    const wallNow = this.#parts.clock.wallNow();
    const offsetMs = wallNow - this.#parts.clock.now();
    return JSON.stringify({
      format: 'toolfuse',
      version: 1,
      savedTime: wallNow,
      circuits: this.#parts.circuits
        .inOrderOfUse()
        .map((circuit) => persistCircuit(circuit.latest, offsetMs)),
    } satisfies PersistedRegistry);
  }

  /**
   * Stops every actor for good: timers are cancelled, observers complete, and later reports change nothing. Later calls are
   * refused with a `RegistryStoppedError`.
   *
   * A call in flight with a `signal` or `timeoutMs` rejects with that error at once, and the signal of its `CallContext` aborts.
   * A call that has neither and does not read its signal cannot be ended; its caller gets its result.
   */
  stop(): void {
    this.#parts.runs.stop();
    this.#parts.circuits.stop();
    this.#parts.guard.stop();
    this.#parts.seat.membership?.onStopped();
  }

  /** Stops the registry at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** Whether an order is for all processes of the fleet; then it is given. @throws Error if there is no fleet. */
  #isForFleet(
    name: string,
    { fleet, key }: OrderOptions,
    order: FleetOrder,
    forMs: number | undefined = undefined,
  ): boolean {
    if (fleet !== true) return false;
    const { membership } = this.#parts.seat;
    if (membership === undefined) throw new Error('there is no fleet: call joinFleet(registry, …) first');
    membership.order(name, keyText(key), order, forMs);
    return true;
  }

  /** A circuit; or without a key, a tool's circuit and those of all its keys. */
  #chosen(name: string, options: CircuitChoice): readonly Circuit[] {
    const key = keyOfChoice(options);
    const circuit = this.#parts.circuits.get(name, key);
    const keyed = key === null ? this.#parts.circuits.keyed(name) : [];
    return circuit === undefined ? keyed : [circuit, ...keyed];
  }
}

/**
 * Creates a registry of circuits, one for each tool of an agent.
 *
 * @example
 * const registry = createToolRegistry({
 *   circuit: { failureThreshold: 5 },
 *   tools: { shell: { failureThreshold: 3 } },
 * });
 * const results = await registry.execute('search', () => search(query));
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value, RestoreError for a document that cannot be
 * restored; each names the field and the value, and nothing has been started.
 */
export function createToolRegistry(options: ToolRegistryOptions = {}): ToolRegistry {
  return new ToolRegistry(options);
}
