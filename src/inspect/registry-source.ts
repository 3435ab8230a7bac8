import type {
  CallEnd,
  CallStep,
  Denial,
  PassingCall,
  RecentError,
  ToolRegistry,
  ToolRegistryEmitted,
} from 'toolfuse';
import type { ActorRefLike, InspectionEvent } from 'xstate';
import { circuitName } from '../../machines/circuit-name.ts';
import { follower } from '../../machines/xstate-internals.ts';
import { errorText } from '../classify/error-text.ts';
import type { CallKind } from './history/call-bins.ts';
import type { StateSpan } from './history/state-spans.ts';
import { KnownActor, kindOf, type SeenSnapshot } from './known-actor.ts';
import type { Ledger } from './ledger.ts';
import { kindOfCall } from './outcomes.ts';
import type { FactsNews } from './protocol.ts';
import { type Sanitize, showDefinition, shower, showSnapshot } from './sanitize.ts';
import type { Source } from './source.ts';
import { timersByActor } from './timers.ts';

/** The part of a local actor that the inspector needs. */
type LocalActor = ActorRefLike & {
  readonly id?: string;
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: ActorRefLike;
};

/** What is said of a registry that is attached. */
export interface RegistrySourceOptions {
  readonly sanitize?: Sanitize | undefined;
  /** What the page calls it. Default: the id of its actor. */
  readonly name?: string | undefined;
  /** The states of a circuit before it was attached, by the name of the circuit. */
  readonly past?: ((circuit: string) => readonly StateSpan[]) | undefined;
}

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

  readonly #name: string | undefined;
  readonly #past: (circuit: string) => readonly StateSpan[];

  constructor(
    key: string,
    registry: ToolRegistry,
    ledger: Ledger,
    { sanitize, name, past = () => [] }: RegistrySourceOptions = {},
  ) {
    this.key = key;
    this.#registry = registry;
    this.#ledger = ledger;
    this.#sanitize = sanitize;
    this.#name = name;
    this.#past = past;
    this.#show = shower(sanitize);
  }

  /** Adds all present and future actors. @returns A function that removes them. */
  attach(): () => void {
    const observer = follower((event) => {
      try {
        this.#follow(event);
      } catch (fault) {
        // In XState, an observer that throws loses the event that it was called with.
        console.error('toolfuse: the inspector could not follow an event', fault);
      }
    });
    const subscription = this.#registry.actor.system.inspect(observer);
    const step: CallStep = {
      ended: (call, end) => this.#onEnded(call, end),
      refused: (call, denial) => this.#onRefused(call, denial),
      blamed: (error) => this.#onBlamed(error),
    };
    const removeStep = this.#registry.intercept(step);
    const spared = this.#registry.on('circuit.spared', (event) => this.#onSpared(event));
    this.#take(this.#registry.actor);
    for (const circuit of this.#registry.circuits()) this.#take(circuit, this.#sinceOf(circuit));
    for (const run of this.#registry.runs()) this.#take(run.actor);
    this.#takeErrors();
    return () => {
      subscription.unsubscribe();
      removeStep();
      spared.unsubscribe();
      for (const actor of this.#known.values()) this.#ledger.remove(actor);
      this.#known.clear();
      this.#circuits.clear();
    };
  }

  refresh(actors: readonly KnownActor[]): void {
    const timers = timersByActor(this.#registry.actor.system, Date.now());
    for (const actor of actors) actor.timers = timers.get(this.#refs.get(actor)?.sessionId ?? '') ?? [];
  }

  factsOf(actor: KnownActor): Partial<FactsNews> {
    const { tool, key } = contextOf(actor);
    if (tool === undefined || this.#circuits.get(actor.name) !== actor) return {};
    const { kind, upstream, mode, wouldBe, latency } = this.#registry.diagnostics(tool, { key });
    return {
      kind,
      upstream,
      isObserving: mode === 'observe',
      wouldBe,
      latency: latency && { p50: latency.p50Ms, p95: latency.p95Ms, p99: latency.p99Ms },
    };
  }

  showWords(words: string, { name }: KnownActor): string {
    if (this.#sanitize === undefined) return words;
    const shown = this.#show(words, { kind: 'error', actor: name });
    return typeof shown === 'string' ? shown : (JSON.stringify(shown) ?? '');
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
  #take(ref: ActorRefLike & { getSnapshot(): unknown }, since?: number): void {
    const actor = this.#actorOf(ref);
    actor.become(ref.getSnapshot() as SeenSnapshot, since);
    this.#ledger.touch(actor);
  }

  /** When a circuit entered its state, in ms of the wall clock; undefined if it does not know. */
  #sinceOf(circuit: ReturnType<ToolRegistry['circuits']>[number]): number | undefined {
    const { value, context } = circuit.getSnapshot();
    const at = value === 'closed' ? context.closedAt : value === 'halfOpen' ? null : context.openedAt;
    return at === null ? undefined : Date.now() - Math.max(0, this.#registry.clock.now() - at);
  }

  /** Takes over the errors from before the inspector. */
  #takeErrors(): void {
    for (const { tool, key, category, message, at } of this.#registry.recovery().recentErrors) {
      const actor = this.#circuits.get(circuitName(tool, key));
      if (actor === undefined) continue;
      const words = message === null ? null : this.showWords(message, actor);
      actor.lastError = { at: Date.now() - Math.max(0, this.#registry.clock.now() - at), category, words };
    }
  }

  #actorOf(ref: ActorRefLike): KnownActor {
    return this.#known.get(ref) ?? this.#meet(ref as LocalActor);
  }

  #meet(ref: LocalActor): KnownActor {
    const config = ref.logic?.config;
    const kind = kindOf(config);
    const id = ref.id ?? ref.sessionId;
    const name = (kind === 'registry' ? this.#name : undefined) ?? id;
    const actor = new KnownActor({
      id: `${this.key}/${ref.sessionId}`,
      name,
      parent: ref._parent === undefined ? null : this.#actorOf(ref._parent).id,
      kind,
      past: kind === 'circuit' ? this.#past(name) : [],
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

  #onEnded({ tool, key }: PassingCall, { outcome, category, failure }: CallEnd): void {
    const actor = this.#circuits.get(circuitName(tool, key));
    if (actor === undefined || outcome === 'abandoned') return;
    actor.isReported = true;
    // An answer that counts neither for nor against the tool is none of the failures.
    const kind: CallKind = outcome === 'answered' ? 'ignored' : kindOfCall(category);
    if (category !== null && category !== 'cancelled') {
      const text = failure === category ? null : errorText(failure);
      const words = text === null ? null : this.showWords(text, actor);
      actor.lastError = { at: Date.now(), category, words };
    }
    this.#ledger.addCall(actor, kind);
  }

  /** A failure counts against a circuit; that of an upstream is one of its tools'. */
  #onBlamed({ tool, key, category, message }: RecentError): void {
    const actor = this.#circuits.get(circuitName(tool, key));
    if (actor === undefined) return;
    const words = message === null ? null : this.showWords(message, actor);
    actor.lastError = { at: Date.now(), category, words };
  }

  /** A refusal by the tool's own circuit is an event of it; others are told here. */
  #onRefused({ tool, key }: PassingCall, { reason }: Denial): void {
    const actor = this.#circuits.get(circuitName(tool, key));
    if (actor === undefined || (reason !== 'upstream' && reason !== 'loop')) return;
    this.#ledger.addCall(actor, 'refused');
  }

  #onSpared({ tool, key, why, what }: ToolRegistryEmitted & { type: 'circuit.spared' }): void {
    const actor = this.#circuits.get(circuitName(tool, key));
    if (actor === undefined) return;
    actor.spared = { at: Date.now(), why, what, times: (actor.spared?.times ?? 0) + 1 };
    this.#ledger.touch(actor);
  }

  #chartOf(config: unknown, actor: string): string | null {
    let chart = this.#charts.get(config);
    if (chart === undefined) {
      chart = this.#ledger.charts.idOf(showDefinition(config, actor, this.#sanitize));
      this.#charts.set(config, chart);
    }
    return chart;
  }
}

const contextOf = ({ snapshot }: KnownActor): { readonly tool?: string; readonly key: string | null } =>
  (snapshot?.context ?? { key: null }) as { readonly tool?: string; readonly key: string | null };
