import type { ErrorCategory } from '../../machines/categories.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { circuitName } from '../../machines/circuit-name.ts';
import { type CircuitState, countsAsOpen } from '../../machines/circuit-state.ts';
import { snapshotOf } from '../../machines/xstate-internals.ts';
import { restoreCircuit } from '../persistence/circuit-snapshot.ts';
import type { PersistedCircuit } from '../persistence/persisted.ts';
import { CallStats } from '../telemetry/call-stats.ts';
import type { Clock } from '../time/clock.ts';
import { Circuit, type CircuitOwner, type ResultEvent } from './circuit.ts';
import type { SettingsOfCircuits } from './circuit-settings.ts';
import { LeastRecentlyUsed } from './least-recently-used.ts';
import type { Seat } from './membership.ts';
import type { Modes } from './modes.ts';
import { OpenCircuits } from './open-circuits.ts';
import type { RegistryActor } from './registry-actor.ts';
import { RegistryStoppedError } from './registry-stopped-error.ts';

/** The parts of the registry that its circuits need. */
export interface CircuitsOptions {
  readonly parent: RegistryActor;
  readonly clock: Required<Clock>;
  /** The settings of circuits that have none of their own. */
  readonly circuit: CircuitConfig;
  /** The settings of individual circuits, by name. */
  readonly settings: SettingsOfCircuits;
  readonly modes: Modes;
  /** The largest share of circuits that may be tripped at once, above 0 and at most 1; one always may. */
  readonly maxOpenShare: number;
  /** The largest number of circuits to keep. */
  readonly maxTools: number;
  readonly chance: () => number;
  /** Where a fleet is told what happens to circuits, once the registry has joined one. */
  readonly seat: Seat;
  /** A result was sent directly to a circuit's actor. */
  readonly onBareResult: (circuit: Circuit, event: ResultEvent) => void;
  /** A circuit has changed its state. */
  readonly onState: (circuit: Circuit, state: CircuitState) => void;
  /** A circuit has been forgotten. */
  readonly onForgotten: (circuit: Circuit) => void;
}

/** The circuits of a registry: spawned on first use, counted by state, forgotten when there are too many. */
export class Circuits {
  /** The counters of all forgotten circuits. */
  readonly forgotten = new CallStats();
  forgottenLateResults = 0;
  readonly #options: CircuitsOptions;
  readonly #byName = new Map<string, Circuit>();
  readonly #open: OpenCircuits;
  /** The circuits that have a key, by tool. */
  readonly #keyed = new Map<string, Set<Circuit>>();
  /** The names of all upstreams in the settings. */
  readonly #upstreams: ReadonlySet<string>;
  readonly #leastRecentlyUsed = new LeastRecentlyUsed();
  #uses = 0;
  #isStopped = false;

  constructor(options: CircuitsOptions) {
    this.#options = options;
    this.#open = new OpenCircuits(options.clock.now);
    this.#upstreams = options.settings.upstreams;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether a new circuit may be told at once that a fleet holds it open. */
  get areShared(): boolean {
    return this.#options.seat.membership !== undefined;
  }

  /** The circuit of a tool, or of a key of it, if there is one. */
  get(tool: string, key: string | null = null): Circuit | undefined {
    return this.#byName.get(circuitName(tool, key));
  }

  /** The circuits of a tool that have a key. */
  keyed(tool: string): readonly Circuit[] {
    return [...(this.#keyed.get(tool) ?? [])];
  }

  /** How many tools have an open or isolated circuit. */
  get openTools(): number {
    this.#settle();
    return this.#open.countTools((tool) => this.#byName.get(tool));
  }

  all(): MapIterator<Circuit> {
    return this.#byName.values();
  }

  /** The circuit of a tool, or of a key of it, if there is one, marked as just used. */
  touch(tool: string, key: string | null = null): Circuit | undefined {
    const circuit = this.#byName.get(key === null ? tool : circuitName(tool, key));
    if (circuit !== undefined) circuit.usedAt = ++this.#uses;
    return circuit;
  }

  /** The circuit of a tool, or of a key of it, spawned if necessary. */
  use(tool: string, key: string | null = null): Circuit {
    return this.touch(tool, key) ?? this.#spawn(tool, key);
  }

  /** The circuit that a call needs, spawned if necessary. */
  useFor(tool: string, key: string | null): Circuit {
    return this.use(tool, this.#keyFor(tool, key));
  }

  /** The circuit of a call's upstream. */
  useUpstream(circuit: Circuit, name: string): Circuit {
    const upstream = this.use(name);
    upstream.isUpstream = true;
    circuit.lastUpstream = name;
    return upstream;
  }

  /** Spawns persisted circuits. */
  restore(kept: readonly PersistedCircuit[]): void {
    const { clock } = this.#options;
    const offsetMs = clock.wallNow() - clock.now();
    for (const each of kept) this.#spawn(each.tool, each.key ?? null, { kept: each, offsetMs });
  }

  /** Whether a result still has a circuit; the tool may have been forgotten during the call. */
  isCurrent(circuit: Circuit): boolean {
    return !this.#isStopped && !circuit.isForgotten;
  }

  /** The circuits that are open or isolated, in the order in which they opened. */
  get open(): OpenCircuits {
    this.#settle();
    return this.#open;
  }

  /** All circuits, least recently used first, with the open ones last in the order in which they opened. */
  inOrderOfUse(): Circuit[] {
    const { open } = this;
    const others = [...this.#byName.values()].filter(({ countedAs }) => !countsAsOpen(countedAs));
    return [...others.sort((a, b) => a.usedAt - b.usedAt), ...open];
  }

  /** Tells that a call of an observed tool runs although a circuit would have refused it. */
  spareCall({ tool, key }: Circuit, state: CircuitState, lastErrorCategory: ErrorCategory | null): void {
    this.#options.parent.send({ type: 'CALL_SPARED', tool, key, state, lastErrorCategory });
  }

  /** Lets every circuit do what the mode of its tool says. */
  followModes(): void {
    for (const circuit of [...this.#byName.values()]) {
      const isObserved = this.#options.modes.of(circuit.tool) === 'observe';
      if (isObserved !== circuit.latest.context.isObserved) {
        circuit.send({ type: isObserved ? 'OBSERVE' : 'ENFORCE' });
      }
    }
  }

  /** Somebody begins to watch. */
  onInspected(): void {
    for (const circuit of this.#byName.values()) {
      circuit.onSeen();
      circuit.quietAdmission = undefined;
    }
  }

  /** How long a circuit has been open or isolated in total, in ms. */
  openMs(circuit: Circuit): number {
    return this.#open.openMs(circuit);
  }

  forget(circuits: readonly Circuit[]): void {
    if (this.#isStopped) return;
    for (const circuit of circuits) {
      circuit.isForgotten = true;
      circuit.revoke();
      this.#byName.delete(circuit.id);
      this.#open.forget(circuit);
      this.#unlist(circuit);
      if (circuit.statsIfAny && !circuit.isUpstream) this.forgotten.add(circuit.statsIfAny);
      this.forgottenLateResults += circuit.latest.context.lateResults;
      this.#options.onForgotten(circuit);
      this.#options.seat.membership?.onForgotten(circuit);
    }
    for (const batch of batches(circuits)) {
      this.#options.parent.send({
        type: 'FORGET',
        circuits: batch.map(({ tool, key, actor: ref }) => ({
          tool,
          key,
          state: snapshotOf(ref).context.reportedState ?? 'closed',
          ref,
        })),
      });
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { parent } = this.#options;
    for (const batch of batches([...this.#byName.values()])) {
      parent.send({ type: 'STOP_CIRCUITS', circuits: batch.map(({ actor }) => actor) });
    }
    parent.send({ type: 'STOP' });
  }

  #spawn(tool: string, key: string | null, from?: { kept: PersistedCircuit; offsetMs: number }): Circuit {
    if (typeof tool !== 'string') throw new TypeError(`tool must be a string, got ${String(tool)}`);
    if (this.#isStopped) throw new RegistryStoppedError(tool);
    const { parent, clock, chance } = this.#options;
    const settings = this.#options.settings.get(tool);
    const input = {
      tool,
      key,
      now: clock.now,
      config: settings?.circuit ?? this.#options.circuit,
      chance,
      mayTrip: this.#mayTrip,
      isObserved: this.#options.modes.of(tool) === 'observe',
    };
    const snapshot = from && restoreCircuit(from.kept, from.offsetMs, input);
    const circuit = new Circuit(
      { id: circuitName(tool, key), parent, input, ...(snapshot && { snapshot }) },
      this.#owner,
    );
    circuit.upstream = settings?.upstream;
    circuit.lastUpstream = settings?.upstream;
    circuit.isUpstream = key === null && this.#upstreams.has(tool);
    this.#makeRoom();
    // An inspector of the new actor, or an observer of a forgotten one, may have used the tool in the meantime.
    const made = this.touch(tool, key);
    if (made !== undefined) return made;
    circuit.usedAt = ++this.#uses;
    this.#byName.set(circuit.id, circuit);
    if (key !== null) this.#list(circuit);
    circuit.actor.start();
    if (snapshot) {
      circuit.send({ type: 'RESUME' });
      // A restored circuit may be open.
      if (input.isObserved) circuit.send({ type: 'OBSERVE' });
    }
    this.#options.seat.membership?.onSpawned(circuit);
    return circuit;
  }

  /** Whether one more circuit may trip without exceeding `maxOpenShare`; one always may. */
  readonly #mayTrip = (): boolean => {
    const { maxOpenShare } = this.#options;
    return (
      maxOpenShare === 1 || this.#open.tripped < Math.max(1, Math.floor(maxOpenShare * this.#byName.size))
    );
  };

  /** Counts what has not been counted yet: only an inspector can ask in the middle of an event. */
  #settle(): void {
    for (const circuit of this.#owner.unsettled) this.#owner.onSettled(circuit);
  }

  #makeRoom(): void {
    while (this.#byName.size >= this.#options.maxTools) {
      const oldest = this.#leastRecentlyUsed.take(this.#byName.values(), this.#uses);
      if (oldest === undefined) return;
      this.forget([oldest]);
    }
  }

  /** The circuit that `useFor` would give, if there is one. */
  getFor(tool: string, key: string | null): Circuit | undefined {
    return this.get(tool, this.#keyFor(tool, key));
  }

  /** The key whose circuit a call needs: its own, unless an operator has isolated or disabled the whole tool. */
  #keyFor(tool: string, key: string | null): string | null {
    const ofTool = key === null ? undefined : this.#byName.get(tool);
    return ofTool !== undefined && isSetByHand(ofTool) ? null : key;
  }

  #list(circuit: Circuit): void {
    const keyed = this.#keyed.get(circuit.tool);
    if (keyed === undefined) this.#keyed.set(circuit.tool, new Set([circuit]));
    else keyed.add(circuit);
  }

  #unlist(circuit: Circuit): void {
    const keyed = this.#keyed.get(circuit.tool);
    keyed?.delete(circuit);
    if (keyed?.size === 0) this.#keyed.delete(circuit.tool);
  }

  readonly #owner: CircuitOwner = this.#makeOwner();

  #makeOwner(): CircuitOwner {
    const circuits = this;
    return {
      unsettled: new Set(),
      get isInspected() {
        return circuits.#options.parent.isInspected;
      },
      get isInterpreted() {
        return circuits.#options.parent.isInterpreted;
      },
      onSettled: (circuit) => circuits.#count(circuit),
      onBareResult: (circuit, event) => circuits.#options.onBareResult(circuit, event),
      onVerdict: (circuit) => circuits.#options.seat.membership?.onVerdict(circuit),
    };
  }

  #count(circuit: Circuit): void {
    const state = this.#open.count(circuit);
    if (state === undefined) return;
    // A closed circuit may be forgotten again, and may be the least recently used one.
    if (state === 'closed') this.#leastRecentlyUsed.sortAgain();
    this.#options.onState(circuit, state);
    this.#options.seat.membership?.onState(circuit, state);
  }
}

const isSetByHand = ({ latest }: Circuit): boolean =>
  latest.value === 'isolated' || latest.value === 'disabled';

/** Splits a list into batches, because XState removes queued work from the front of an array, which is slow if it is long. */
function* batches<Item>(items: readonly Item[], size = 1_000): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
