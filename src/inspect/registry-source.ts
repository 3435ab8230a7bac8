import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { CallReport, ToolRegistry } from 'toolfuse';
import type { ActorRefLike, InspectionEvent } from 'xstate';
import { circuitName } from '../../machines/circuit-name.ts';
import { KnownActor, kindOf, type SeenSnapshot } from './known-actor.ts';
import type { Ledger } from './ledger.ts';
import { type Sanitize, showDefinition, shower, showSnapshot } from './sanitize.ts';
import type { Source } from './source.ts';
import { timersByActor } from './timers.ts';

const callChannel = 'toolfuse:call';

/** The part of a local actor that the inspector needs. */
type LocalActor = ActorRefLike & {
  readonly id?: string;
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: ActorRefLike;
};

/** A registry in this process as a source: it observes everything in the registry's actor system. */
export class RegistrySource implements Source {
  readonly key: string;
  readonly #registry: ToolRegistry;
  readonly #ledger: Ledger;
  readonly #sanitize: Sanitize | undefined;
  readonly #show: Sanitize;
  readonly #known = new Map<ActorRefLike, KnownActor>();
  /** The circuits by tool. */
  readonly #circuits = new Map<string, KnownActor>();
  readonly #refs = new WeakMap<KnownActor, LocalActor>();
  /** Charts by machine config, because all circuits share one. */
  readonly #charts = new Map<unknown, string | null>();

  constructor(key: string, registry: ToolRegistry, ledger: Ledger, sanitize: Sanitize | undefined) {
    this.key = key;
    this.#registry = registry;
    this.#ledger = ledger;
    this.#sanitize = sanitize;
    this.#show = shower(sanitize);
  }

  /** Adds all present and future actors. @returns A function that removes them. */
  attach(): () => void {
    const subscription = this.#registry.actor.system.inspect((event) => {
      try {
        this.#follow(event);
      } catch (fault) {
        // In XState, an observer that throws loses the event that it was called with.
        console.error('toolfuse: the inspector could not follow an event', fault);
      }
    });
    subscribe(callChannel, this.#onCall);
    this.#take(this.#registry.actor);
    for (const circuit of this.#registry.circuits()) this.#take(circuit);
    for (const run of this.#registry.runs()) this.#take(run.actor);
    return () => {
      subscription.unsubscribe();
      unsubscribe(callChannel, this.#onCall);
      for (const actor of this.#known.values()) this.#ledger.remove(actor);
      this.#known.clear();
      this.#circuits.clear();
    };
  }

  refresh(actors: readonly KnownActor[]): void {
    const timers = timersByActor(this.#registry.actor.system, Date.now());
    for (const actor of actors) {
      actor.timers = timers.get(this.#refs.get(actor)?.sessionId ?? '') ?? [];
      if (actor.kind === 'circuit') actor.upstream = this.#registry.diagnostics(actor.name).upstream;
    }
  }

  showEvent(event: unknown, { name }: KnownActor): unknown {
    return this.#show(event, { kind: 'event', actor: name });
  }

  showSnapshot(snapshot: SeenSnapshot, { name }: KnownActor): unknown {
    return showSnapshot(snapshot, name, this.#show);
  }

  send(actor: KnownActor, event: { readonly type: string }): void {
    const ref = this.#refs.get(actor);
    if (ref === undefined) throw new Error(`${actor.name} is no longer running`);
    (ref as { send(event: unknown): void }).send(event);
  }

  #senderOf({ sourceRef, event }: InspectionEvent & { type: '@xstate.event' }): string | null {
    if (sourceRef !== undefined) return this.#actorOf(sourceRef).id;
    // A circuit's first report is the only one without a sender.
    return event.type === 'CIRCUIT_BEGAN'
      ? (this.#circuits.get(circuitName(event.tool, event.key))?.id ?? null)
      : null;
  }

  #follow(event: InspectionEvent): void {
    switch (event.type) {
      case '@xstate.event': {
        this.#ledger.addEvent(this.#actorOf(event.actorRef), this.#senderOf(event), event.event);
        return;
      }
      case '@xstate.microstep':
        this.#ledger.addTransitions(this.#actorOf(event.actorRef), event._transitions);
        return;
      case '@xstate.snapshot': {
        const actor = this.#actorOf(event.actorRef);
        this.#ledger.addSnapshot(actor, event.event, event.snapshot as SeenSnapshot);
        if (actor.kind !== 'registry' && actor.status !== 'active') this.#forget(actor, event.actorRef);
        return;
      }
    }
  }

  /** Adds an actor that existed before the inspector. */
  #take(ref: ActorRefLike & { getSnapshot(): unknown }): void {
    const actor = this.#actorOf(ref);
    actor.become(ref.getSnapshot() as SeenSnapshot);
    this.#ledger.touch(actor);
  }

  #actorOf(ref: ActorRefLike): KnownActor {
    return this.#known.get(ref) ?? this.#meet(ref as LocalActor);
  }

  #meet(ref: LocalActor): KnownActor {
    const config = ref.logic?.config;
    const name = ref.id ?? ref.sessionId;
    const actor = new KnownActor({
      id: `${this.key}/${ref.sessionId}`,
      name,
      parent: ref._parent === undefined ? null : this.#actorOf(ref._parent).id,
      kind: kindOf(config),
      chart: config === undefined ? null : this.#chartOf(config, name),
      source: this,
    });
    this.#known.set(ref, actor);
    this.#refs.set(actor, ref);
    if (actor.kind === 'circuit') this.#circuits.set(name, actor);
    this.#ledger.add(actor);
    return actor;
  }

  #forget(actor: KnownActor, ref: ActorRefLike): void {
    this.#known.delete(ref);
    if (this.#circuits.get(actor.name) === actor) this.#circuits.delete(actor.name);
  }

  /** Records calls that reach the circuit without an event, such as a success that changes nothing. */
  readonly #onCall = (message: unknown): void => {
    const { registry, tool, key, category, answered } = message as CallReport;
    const actor = registry === this.#registry.actor ? this.#circuits.get(circuitName(tool, key)) : undefined;
    if (actor !== undefined && !answered) this.#ledger.addCall(actor, category);
  };

  #chartOf(config: unknown, actor: string): string | null {
    let chart = this.#charts.get(config);
    if (chart === undefined) {
      chart = this.#ledger.charts.idOf(showDefinition(config, actor, this.#sanitize));
      this.#charts.set(config, chart);
    }
    return chart;
  }
}
